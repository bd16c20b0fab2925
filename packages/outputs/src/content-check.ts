import { sniff, sniffBytes } from "./sniff.ts";

/** Watches the bytes of one file go by and says whether it is what it claims to be. */
export interface ContentCheck {
  /** A sentence as soon as it cannot become sound any more. */
  push(chunk: Buffer): string | undefined;
  /** `lengthProven` is false where nothing but the end of the connection said that this was all. */
  end(lengthProven: boolean): Promise<Verdict>;
}

export type Verdict =
  | { kind: "sound"; extension: string; contentType: string }
  | { kind: "truncated" | "invalid"; why: string };

const imageTypes = new Set(["png", "jpg", "webp"]);

/** Checks the signature of a PNG, JPEG or WebP, and its end where its length is not proven. */
export function createImageCheck(): ContentCheck {
  let bytes = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  return {
    push(chunk) {
      bytes += chunk.length;
      if (head.length < sniffBytes) head = Buffer.concat([head, chunk.subarray(0, sniffBytes - head.length)]);
      tail = Buffer.concat([tail, chunk.subarray(-8)]).subarray(-8);
      return undefined;
    },
    async end(lengthProven) {
      const found = sniff(head);
      if (!found || !imageTypes.has(found.extension)) {
        return { kind: "invalid", why: `not a PNG, JPEG or WebP image but ${found?.contentType ?? "something else"}` };
      }
      if (!lengthProven && !endsWhole(found.extension, head, tail, bytes)) {
        return { kind: "truncated", why: `the ${found.contentType} ends before its end` };
      }
      return { kind: "sound", ...found };
    },
  };
}

function endsWhole(extension: string, head: Buffer, tail: Buffer, bytes: number): boolean {
  if (extension === "png") return tail.toString("hex") === "49454e44ae426082";
  if (extension === "jpg") return tail.subarray(-2).toString("hex") === "ffd9";
  return head.length >= 8 && head.readUInt32LE(4) + 8 <= bytes;
}
