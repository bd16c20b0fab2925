import { buffer } from "node:stream/consumers";
import { type MediaStore, StorageError } from "@reelqueue/outputs";
import { type Source, SourceError, tooLarge, unreachable } from "./source.ts";

/** A file of the media store; only the parts that are asked for are read. */
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
    // what was replaced by a shorter file meanwhile has no such range
    if (error instanceof StorageError || error instanceof RangeError) throw unreachable(error);
    throw error;
  }
  throw new SourceError("unreachable", "it is not in the media store");
}
