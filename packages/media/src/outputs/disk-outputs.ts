import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Egress } from "@reelqueue/egress";
import { createImageCheck } from "../download/content-check.ts";
import { download } from "../download/download.ts";
import { createMp4Check } from "../download/mp4-check.ts";
import { Room } from "./durable.ts";
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
  /** Nothing is kept while less than this would stay free. */
  minFreeBytes: number;
  maxFileBytes: number;
  egress: Egress;
}

const maxImageBytes = 67_108_864;
const staleMs = 3_600_000;
const extensionsOf = { video: ["mp4"], last_frame: ["png", "jpg", "webp"] } as const;

/** An output store in a folder. Throws a StartError when it cannot be written. */
export async function openDiskOutputs(options: DiskOutputsOptions): Promise<OutputStore> {
  const { directory, minFreeBytes } = options;
  const room = new Room(directory, minFreeBytes);
  await room.proveWritable("outputs");
  const pathOf = (key: string) => (isKey(key) ? join(directory, key) : undefined);
  return {
    download: (source, target, signal) => keep({ ...options, room, source, target, signal }),
    async open(key, range) {
      const path = pathOf(key);
      return path ? await openFile(path, range) : undefined;
    },
    async stat(key) {
      const path = pathOf(key);
      return path ? await describe(path) : undefined;
    },
    freeBytes: () => room.free(),
    manifest: (target, json) => writePassport(room, join(directory, manifestKey(target)), json),
    sweep: (olderThanMs = staleMs) => sweepDrafts(directory, olderThanMs),
  };
}

interface Keeping extends DiskOutputsOptions {
  room: Room;
  source: Parameters<OutputStore["download"]>[0];
  target: OutputTarget;
  signal: AbortSignal;
}

async function keep({ room, source, target, signal, egress, maxFileBytes }: Keeping): Promise<DownloadOutcome> {
  const key = outputKey(target);
  const there = await findKept(room.directory, key, target);
  if (there) return there;
  let needBytes = 0;
  try {
    await using part = await PartFile.create(room);
    const downloaded = await download({
      source,
      egress,
      signal,
      sink: part,
      createCheck: target.kind === "video" ? createMp4Check : createImageCheck,
      maxBytes: target.kind === "video" ? maxFileBytes : Math.min(maxFileBytes, maxImageBytes),
      reserve(bytes) {
        needBytes = bytes;
        return room.need(bytes);
      },
    });
    if (downloaded.kind !== "complete") return downloaded;
    const { extension, ...file } = downloaded;
    const name = `${key}.${extension}`;
    const published = await part.publish(join(room.directory, name));
    return published === "existing" ? await readKept(room.directory, name) : { ...file, kind: "kept", key: name };
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== "full") throw error;
    return { kind: "full", freeBytes: await room.free(), needBytes: needBytes + room.minFreeBytes };
  }
}

/** What an earlier run kept: it was checked and made durable before it got its name. */
async function findKept(directory: string, key: string, { kind }: OutputTarget): Promise<DownloadOutcome | undefined> {
  for (const extension of extensionsOf[kind]) {
    const name = `${key}.${extension}`;
    if (await statFile(join(directory, name))) return await readKept(directory, name);
  }
  return undefined;
}

async function readKept(directory: string, key: string): Promise<DownloadOutcome> {
  const opened = await openFile(join(directory, key));
  if (!opened) throw new StorageError("missing", `${key} vanished while it was read`);
  const hash = createHash("sha256");
  for await (const chunk of opened.stream) hash.update(chunk);
  return { kind: "kept", key, bytes: opened.totalBytes, sha256: hash.digest("hex"), contentType: opened.contentType };
}

async function describe(path: string): Promise<StoredFile | undefined> {
  const stats = await statFile(path);
  return stats && { bytes: stats.size, contentType: contentTypeOf(path), modifiedAt: stats.mtime };
}

async function writePassport(room: Room, path: string, json: string): Promise<"written" | "full"> {
  const bytes = Buffer.from(json);
  try {
    await room.need(bytes.length);
    await using part = await PartFile.create(room);
    await part.write(bytes);
    await part.publish(path, { replace: true });
    return "written";
  } catch (error) {
    const failed = storageError(error);
    if (failed.kind === "full") return "full";
    throw failed;
  }
}

/** An output store for benches: it fetches and hashes every byte, looks at none and keeps nothing. */
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
      return { ...file, kind: "kept", key: `${outputKey(target)}.${extension}` };
    },
    open: async () => undefined,
    stat: async () => undefined,
    freeBytes: async () => Number.POSITIVE_INFINITY,
    manifest: async () => "written",
    sweep: async () => 0,
  };
}
