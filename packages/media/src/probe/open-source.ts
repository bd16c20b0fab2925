import { buffer } from "node:stream/consumers";
import { type Egress, EgressError, type EgressStream } from "@reelqueue/egress";
import { discardBody, getWithRedirects } from "../download/redirects.ts";
import type { MediaStore } from "../media-store/media-store.ts";
import { StorageError } from "../outputs/storage-error.ts";
import { blockBytes, RangedSource } from "./ranged-source.ts";
import { type Source, SourceError, tooLarge, unreachable } from "./source.ts";
import { StreamedSource } from "./streamed-source.ts";

/** A file in memory. */
export function openBytes(bytes: Buffer): Source {
  return {
    randomAccess: true,
    size: async () => bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    [Symbol.dispose]: () => undefined,
  };
}

export interface RemoteOptions {
  http: Egress;
  signal: AbortSignal;
  /** Maximum number of bytes that are read. */
  maxBytes: number;
}

/** A file on the web. Requests its first 64 KiB; a server without Range support sends the whole file instead. */
export async function openRemote(url: string, { http, signal, maxBytes }: RemoteOptions): Promise<Source> {
  const request = async (start: number, end: number, etag?: string) => {
    const condition = etag === undefined ? {} : { "if-range": etag };
    const headers = { range: `bytes=${start}-${end - 1}`, ...condition };
    return await getWithRedirects(http, { url, headers, signal }).catch(refusedOrUnreachable);
  };
  const first = await request(0, blockBytes);
  if (first.status === 200) return new StreamedSource(first, maxBytes);
  if (first.status === 206) {
    const etag = strongEtag(first);
    return await RangedSource.open(first, (start, end) => request(start, end, etag), maxBytes);
  }
  discardBody(first);
  // An empty file has no range to request.
  if (/^bytes \*\/0$/.test(first.headers["content-range"] ?? "")) throw new SourceError("unknown", "it is empty");
  throw new SourceError("unreachable", `answered ${first.status}`);
}

function refusedOrUnreachable(error: unknown): never {
  if (!(error instanceof EgressError)) throw error;
  if (error.kind === "blocked") throw new SourceError("refused", error.message, { cause: error });
  throw unreachable(error);
}

/** A weak ETag does not promise the same bytes. */
function strongEtag({ headers }: EgressStream): string | undefined {
  return headers.etag?.startsWith('"') ? headers.etag : undefined;
}

/** A file of the media store; only the requested ranges are read. */
export function openStored(url: string, media: MediaStore, maxBytes: number): Source {
  let size: Promise<number> | undefined;
  const sizeOnce = () => {
    size ??= sizeOf(url, media);
    return size;
  };
  return {
    randomAccess: true,
    size: sizeOnce,
    async read(start, end) {
      const until = Math.min(end, await sizeOnce());
      if (until <= start) return Buffer.alloc(0);
      if (until - start > maxBytes) throw tooLarge(maxBytes);
      const opened = await open(url, media, { start, end: until - 1 });
      return await buffer(opened.stream).catch((error: unknown) => Promise.reject(unreachable(error)));
    },
    [Symbol.dispose]: () => undefined,
  };
}

async function sizeOf(url: string, media: MediaStore): Promise<number> {
  const { stream, totalBytes } = await open(url, media);
  stream.on("error", () => undefined).destroy();
  return totalBytes;
}

async function open(url: string, media: MediaStore, range?: { start: number; end: number }) {
  try {
    const opened = await media.open(url, range);
    if (opened) return opened;
  } catch (error) {
    // RangeError: a shorter file replaced it in the meantime.
    if (error instanceof StorageError || error instanceof RangeError) throw unreachable(error);
    throw error;
  }
  throw new SourceError("unreachable", "it is not in the media store");
}
