import type { GenerationRequest } from "@reelqueue/contracts";
import { redact } from "@reelqueue/runtime";

/** A request as the board shows it: without secrets, and with shortened URLs. */
export function shownRequest(request: GenerationRequest): unknown {
  const { webhook, images, videos, audios, ...rest } = request;
  return redact({
    ...rest,
    ...(images.length > 0 && { images: images.map(withoutQuery) }),
    ...(videos.length > 0 && { videos: videos.map(withoutQuery) }),
    ...(audios.length > 0 && { audios: audios.map(withoutQuery) }),
    ...(webhook !== undefined && { webhook: shownEndpoint(webhook) }),
  });
}

/** The origin of a webhook URL; its path may be a secret. */
export function shownEndpoint(url: string): string {
  const origin = URL.parse(url)?.origin;
  return origin === undefined ? "[not a URL]" : `${origin}/…`;
}

/** The query of a media URL is often a signature. */
function withoutQuery<Media extends { url: string }>(media: Media): Media {
  const url = URL.parse(media.url);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return media;
  return { ...media, url: `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}` };
}

/** The link from a job to its generation. */
export function linkTo(generation: string): { displayText: string; href: string } {
  return { displayText: "generation", href: `/queue/generations/${encodeURIComponent(generation)}` };
}
