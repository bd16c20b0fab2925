import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import type { Readable } from "node:stream";
import { errorCode, storageError } from "./storage-error.ts";

/** Both ends inclusive, as in HTTP; without `end`: to the end of the file. */
export interface ByteRange {
  start: number;
  end?: number;
}

export interface OpenedFile {
  stream: Readable;
  /** Length of the stream. */
  bytes: number;
  /** Length of the whole file. */
  totalBytes: number;
  contentType: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".mp4": "video/mp4",
  ".mov": "video/quicktime",
  ".webm": "video/webm",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".bmp": "image/bmp",
  ".tiff": "image/tiff",
  ".gif": "image/gif",
  ".heic": "image/heic",
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".json": "application/json",
};

export function contentTypeOf(path: string): string {
  return contentTypes[extname(path)] ?? "application/octet-stream";
}

/** Opens a stored file for reading; undefined if it does not exist. Throws a RangeError for a range outside it. */
export async function openFile(path: string, range?: ByteRange): Promise<OpenedFile | undefined> {
  const handle = await openRegular(path);
  if (!handle) return undefined;
  try {
    const totalBytes = (await handle.stat()).size;
    const { start, end } = within(range, totalBytes);
    const stream = handle.createReadStream({ start, end, highWaterMark: 262_144 });
    return { stream, bytes: end - start + 1, totalBytes, contentType: contentTypeOf(path) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function statFile(path: string): Promise<Stats | undefined> {
  await using handle = await openRegular(path);
  return await handle?.stat();
}

/** Does not follow a symbolic link. */
async function openRegular(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ELOOP") return undefined;
    throw storageError(error);
  }
}

function within(range: ByteRange | undefined, totalBytes: number): { start: number; end: number } {
  const last = totalBytes - 1;
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? last, last);
  if (range && (start < 0 || start > end)) throw new RangeError(`bytes ${start}-${range.end ?? ""} of ${totalBytes}`);
  return { start, end };
}
