import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Egress } from "@reelqueue/egress";
import { createImageCheck } from "../download/content-check.ts";
import { download } from "../download/download.ts";
import { createVideoCheck } from "../download/video-check.ts";
import { DiskSpace } from "./disk-space.ts";
import { contentTypeOf, openFile, statFile } from "./opened-file.ts";
import {
  type DownloadOutcome,
  isKey,
  manifestKey,
  type OutputStore,
  type OutputTarget,
  outputKey,
  type StoredFile,
} from "./output-store.ts";
import { PartFile, sweepDrafts } from "./part-file.ts";
import { StorageError, storageError } from "./storage-error.ts";

export interface DiskOutputsOptions {
  directory: string;
  /** A file that would leave less than this free is not stored. */
  minFreeBytes: number;
  maxFileBytes: number;
  egress: Egress;
}

const maxImageBytes = 67_108_864;
const staleMs = 3_600_000;
const extensionsOf = {
  video: ["mp4", "mov", "webm"],
  last_frame: ["png", "jpg", "webp", "gif", "bmp"],
} as const;

/** Opens an output store in a folder. Throws a StartError if the folder is not writable. */
export async function openDiskOutputs(options: DiskOutputsOptions): Promise<OutputStore> {
  const { directory, minFreeBytes } = options;
  const space = new DiskSpace(directory, minFreeBytes);
  await space.ensureWritable("outputs");
  const pathOf = (key: string) => (isKey(key) ? join(directory, key) : undefined);
  return {
    download: (source, target, signal) => downloadToDisk({ ...options, space, source, target, signal }),
    async open(key, range) {
      const path = pathOf(key);
      return path ? await openFile(path, range) : undefined;
    },
    async stat(key) {
      const path = pathOf(key);
      return path ? await describe(path) : undefined;
    },
    freeBytes: () => space.freeBytes(),
    manifest: (target, json) => writeManifest(space, join(directory, manifestKey(target)), json),
    sweep: (olderThanMs = staleMs) => sweepDrafts(directory, olderThanMs),
  };
}

interface DownloadCall extends DiskOutputsOptions {
  space: DiskSpace;
  source: Parameters<OutputStore["download"]>[0];
  target: OutputTarget;
  signal: AbortSignal;
}

async function downloadToDisk(call: DownloadCall): Promise<DownloadOutcome> {
  const { space, source, target, signal, egress, maxFileBytes } = call;
  const key = outputKey(target);
  const existing = await findStored(space.directory, key, target);
  if (existing) return existing;
  let needBytes = 0;
  try {
    await using part = await PartFile.create(space);
    const downloaded = await download({
      source,
      egress,
      signal,
      sink: part,
      createCheck: target.kind === "video" ? createVideoCheck : createImageCheck,
      maxBytes: target.kind === "video" ? maxFileBytes : Math.min(maxFileBytes, maxImageBytes),
      reserve(bytes) {
        needBytes = bytes;
        return space.reserve(bytes);
      },
    });
    if (downloaded.kind !== "complete") return downloaded;
    const { extension, ...file } = downloaded;
    const name = `${key}.${extension}`;
    const published = await part.publish(join(space.directory, name));
    return published === "existing" ? await readStored(space.directory, name) : { ...file, kind: "stored", key: name };
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== "full") throw error;
    return { kind: "full", freeBytes: await space.freeBytes(), needBytes: needBytes + space.minFreeBytes };
  }
}

/** The file of an earlier download: it was checked and made durable before it got its name. */
async function findStored(
  directory: string,
  key: string,
  { kind }: OutputTarget,
): Promise<DownloadOutcome | undefined> {
  for (const extension of extensionsOf[kind]) {
    const name = `${key}.${extension}`;
    if (await statFile(join(directory, name))) return await readStored(directory, name);
  }
  return undefined;
}

async function readStored(directory: string, key: string): Promise<DownloadOutcome> {
  const opened = await openFile(join(directory, key));
  if (!opened) throw new StorageError("missing", `${key} vanished while it was read`);
  const hash = createHash("sha256");
  for await (const chunk of opened.stream) hash.update(chunk);
  return { kind: "stored", key, bytes: opened.totalBytes, sha256: hash.digest("hex"), contentType: opened.contentType };
}

async function describe(path: string): Promise<StoredFile | undefined> {
  const stats = await statFile(path);
  return stats && { bytes: stats.size, contentType: contentTypeOf(path), modifiedAt: stats.mtime };
}

async function writeManifest(space: DiskSpace, path: string, json: string): Promise<"written" | "full"> {
  const bytes = Buffer.from(json);
  try {
    await space.reserve(bytes.length);
    await using part = await PartFile.create(space);
    await part.write(bytes);
    await part.publish(path, { replace: true });
    return "written";
  } catch (error) {
    const failed = storageError(error);
    if (failed.kind === "full") return "full";
    throw failed;
  }
}

/** An output store for benchmarks: it downloads and hashes every byte, checks no content and stores nothing. */
export function openDiscardOutputs({ egress, maxFileBytes }: { egress: Egress; maxFileBytes: number }): OutputStore {
  return {
    async download(source, target, signal) {
      const downloaded = await download({
        source,
        egress,
        signal,
        sink: { write: async () => undefined, restart: async () => undefined },
        createCheck: () => ({
          push: () => undefined,
          end: async () => ({ kind: "sound", extension: "mp4", contentType: "video/mp4" }),
        }),
        maxBytes: maxFileBytes,
        reserve: async () => undefined,
      });
      if (downloaded.kind !== "complete") return downloaded;
      const { extension, ...file } = downloaded;
      return { ...file, kind: "stored", key: `${outputKey(target)}.${extension}` };
    },
    open: async () => undefined,
    stat: async () => undefined,
    freeBytes: async () => Number.POSITIVE_INFINITY,
    manifest: async () => "written",
    sweep: async () => 0,
  };
}
