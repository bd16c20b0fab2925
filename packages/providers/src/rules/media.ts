import type { GenerationRequest } from "@reelqueue/contracts";
import type { Capabilities } from "../capabilities.ts";

/** The location of a medium: the web, the URL itself, the media store, the provider's library, or none of these. */
export type MediaForm = "web" | "data" | "stored" | "asset" | "other";

export interface Medium {
  /** Path of the field in the request, for example `images[1].url`. */
  field: string;
  kind: "frame" | "image" | "video" | "audio";
  url: string;
}

/** All media of a request, in order. */
export function mediaOf(request: GenerationRequest): Medium[] {
  return [
    ...request.images.map(({ url, role }, at): Medium => {
      return { field: `images[${at}].url`, kind: role === "reference" ? "image" : "frame", url };
    }),
    ...request.videos.map(({ url }, at): Medium => ({ field: `videos[${at}].url`, kind: "video", url })),
    ...request.audios.map(({ url }, at): Medium => ({ field: `audios[${at}].url`, kind: "audio", url })),
  ];
}

export function formOf(url: string): MediaForm {
  if (/^https?:\/\/[^/]/i.test(url)) return "web";
  if (/^data:[^,]*;base64,./i.test(url)) return "data";
  if (/^media:\/\/./.test(url)) return "stored";
  return /^asset:\/\/./.test(url) ? "asset" : "other";
}

/** The format that a data URI or a name in the media store declares, for example `png`; undefined for other media. */
export function declaredFormat(url: string): string | undefined {
  const form = formOf(url);
  if (form === "data") return /^data:[a-z]+\/(?:x-)?([a-z0-9.+-]+)/i.exec(url)?.[1]?.toLowerCase();
  return form === "stored" ? /\.([a-z0-9]+)$/i.exec(url)?.[1]?.toLowerCase() : undefined;
}

/** Whether the provider accepts such a medium as a data URI in the request. */
export function acceptsInline({ inline }: Pick<Capabilities, "inline">, kind: Medium["kind"]): boolean {
  const { frames, referenceImages, videos, audios } = inline.value;
  return { frame: frames, image: referenceImages, video: videos, audio: audios }[kind];
}

/** Whether a medium of the media store must, and can, be uploaded to the provider before the request. */
export function needsUpload(capabilities: Pick<Capabilities, "inline" | "uploads">, { kind, url }: Medium): boolean {
  const acceptsBytes = capabilities.uploads?.value.includes("bytes") ?? false;
  return acceptsBytes && formOf(url) === "stored" && !acceptsInline(capabilities, kind);
}

/** The same request with every medium of the media store as a data URI. */
export async function inlineStoredMedia(
  request: GenerationRequest,
  dataUri: (mediaUrl: string) => Promise<string>,
): Promise<GenerationRequest> {
  const inline = async <T extends { url: string }>(medium: T): Promise<T> =>
    formOf(medium.url) === "stored" ? { ...medium, url: await dataUri(medium.url) } : medium;
  const [images, videos, audios] = await Promise.all([
    Promise.all(request.images.map(inline)),
    Promise.all(request.videos.map(inline)),
    Promise.all(request.audios.map(inline)),
  ]);
  return { ...request, images, videos, audios };
}

/** The URLs of a request by role; undefined instead of an empty list. */
export function urlsByRole({ images, videos, audios }: GenerationRequest) {
  const withRole = (role: string) => images.filter((image) => image.role === role).map(({ url }) => url);
  return {
    firstFrame: withRole("first_frame")[0],
    lastFrame: withRole("last_frame")[0],
    referenceImages: filled(withRole("reference")),
    referenceVideos: filled(videos.map(({ url }) => url)),
    referenceAudios: filled(audios.map(({ url }) => url)),
  };
}

function filled(urls: string[]): string[] | undefined {
  return urls.length > 0 ? urls : undefined;
}
