import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { sniff, sniffBytes } from "../download/content-check.ts";
import { DiskSpace } from "../outputs/disk-space.ts";
import { openFile, statFile } from "../outputs/opened-file.ts";
import { PartFile, sweepDrafts } from "../outputs/part-file.ts";
import { StorageError } from "../outputs/storage-error.ts";
import type { MediaSource, MediaStore, PutResult } from "./media-store.ts";

export interface DiskMediaOptions {
  directory: string;
  /** A file that would leave less than this free is not stored. */
  minFreeBytes: number;
  maxFileBytes: number;
}

const staleMs = 3_600_000;

/** Opens a media store in a folder. Throws a StartError if the folder is not writable. */
export async function openDiskMedia({ directory, minFreeBytes, maxFileBytes }: DiskMediaOptions): Promise<MediaStore> {
  const space = new DiskSpace(directory, minFreeBytes);
  await space.ensureWritable("media");
  const find = async (url: string) => {
    const path = pathOf(directory, url);
    return path ? await statFile(path) : undefined;
  };
  const openMedia: MediaStore["open"] = async (url, range) => {
    const path = pathOf(directory, url);
    return path ? await openFile(path, range) : undefined;
  };
  return {
    put: (source, declaredType) => put({ space, maxFileBytes, source, declaredType }),
    has: async (url) => (await find(url)) !== undefined,
    open: openMedia,
    async dataUri(url) {
      const opened = await openMedia(url);
      if (!opened) throw new StorageError("missing", `${url} is not in the media store`);
      return `data:${opened.contentType};base64,${(await buffer(opened.stream)).toString("base64")}`;
    },
    sweep: (olderThanMs = staleMs) => sweepDrafts(directory, olderThanMs),
  };
}

interface PutCall {
  space: DiskSpace;
  maxFileBytes: number;
  source: MediaSource;
  declaredType: string | undefined;
}

async function put({ space, maxFileBytes, source, declaredType }: PutCall): Promise<PutResult> {
  let bytes = 0;
  try {
    await space.reserve(Buffer.isBuffer(source) ? source.length : 0);
    await using part = await PartFile.create(space);
    const hash = createHash("sha256");
    const head: Buffer[] = [];
    for await (const chunk of chunksOf(source)) {
      if (bytes < sniffBytes) head.push(chunk.subarray(0, sniffBytes - bytes));
      bytes += chunk.length;
      if (bytes > maxFileBytes) return { kind: "too_large", limitBytes: maxFileBytes };
      hash.update(chunk);
      await part.write(chunk);
    }
    const found = sniff(Buffer.concat(head));
    const reason = refusal(found?.contentType, declaredType);
    if (!found || reason) return { kind: "unknown_type", reason: reason ?? "" };
    const sha256 = hash.digest("hex");
    const url = `media://${sha256}.${found.extension}`;
    await part.publish(fileOf(space.directory, sha256, found.extension));
    return { kind: "stored", url, bytes, sha256, contentType: found.contentType };
  } catch (error) {
    if (error instanceof UnreadableSource) return { kind: "unreadable", reason: error.message };
    if (!(error instanceof StorageError) || error.kind !== "full") throw error;
    return { kind: "full", freeBytes: await space.freeBytes(), needBytes: bytes + space.minFreeBytes };
  }
}

class UnreadableSource extends Error {}

async function* chunksOf(source: MediaSource): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(source)) return yield source;
  try {
    for await (const chunk of source instanceof Readable ? source : await openRegularFile(source.path)) {
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    }
  } catch (error) {
    throw new UnreadableSource(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Opens without blocking on a pipe; throws unless it is a regular file. */
async function openRegularFile(path: string): Promise<Readable> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle.createReadStream({ highWaterMark: 1_048_576 });
  await handle.close();
  throw new Error(`${path} is not a file`);
}

function refusal(foundType: string | undefined, declaredType: string | undefined): string | undefined {
  if (!foundType) return "not an image, video or audio of a known type (jpeg png webp bmp tiff gif mp4 mov wav mp3)";
  const declaredFamily = declaredType?.split("/")[0]?.trim().toLowerCase();
  const family = foundType.split("/")[0];
  const declared = declaredFamily === undefined || declaredFamily === "application" || declaredFamily === family;
  return declared ? undefined : `declared as ${declaredType?.slice(0, 64)}, but it is ${foundType}`;
}

function pathOf(directory: string, url: string): string | undefined {
  const [, sha256, extension] = url.match(/^media:\/\/([0-9a-f]{64})\.([a-z0-9]{3,4})$/) ?? [];
  return sha256 && extension ? fileOf(directory, sha256, extension) : undefined;
}

function fileOf(directory: string, sha256: string, extension: string): string {
  return join(directory, sha256.slice(0, 2), `${sha256}.${extension}`);
}
