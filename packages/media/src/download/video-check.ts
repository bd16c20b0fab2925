import type { ContentCheck } from "./content-check.ts";
import { Mp4Check } from "./mp4-check.ts";
import { WebmCheck, webmSignature } from "./webm-check.ts";

/** Checks a video that players play: MP4, QuickTime, WebM or Matroska, by its first bytes. */
export function createVideoCheck(): ContentCheck {
  let head = Buffer.alloc(0);
  let check: ContentCheck | undefined;
  const open = () => {
    check = head.subarray(0, webmSignature.length).equals(webmSignature) ? new WebmCheck() : new Mp4Check();
    return check;
  };
  return {
    push(chunk) {
      if (check) return check.push(chunk);
      head = Buffer.concat([head, chunk]);
      return head.length < webmSignature.length ? undefined : open().push(head);
    },
    end(lengthProven) {
      if (check) return check.end(lengthProven);
      const short = open();
      short.push(head);
      return short.end(lengthProven);
    },
  };
}
