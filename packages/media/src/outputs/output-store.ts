import type { OutputKind } from "@reelqueue/contracts";
import type { ByteRange, OpenedFile } from "./opened-file.ts";

/** Where finished videos are kept. The same on disk and in object storage: nothing in it speaks of files or folders. */
export interface OutputStore {
  /**
   * Fetches a file and keeps it under a key that our own ids alone decide. After `kept` it is whole, checked and
   * durable; after anything else nothing of it is there. What was kept once is never replaced, nor fetched again.
   * Throws only a StorageError, for a storage that is broken.
   */
  download(source: DownloadSource, target: OutputTarget, signal: AbortSignal): Promise<DownloadOutcome>;
  /** The bytes of a kept file or a part of them; undefined when there is no such file. */
  open(key: string, range?: ByteRange): Promise<OpenedFile | undefined>;
  stat(key: string): Promise<StoredFile | undefined>;
  freeBytes(): Promise<number>;
  /** Writes the manifest of a generation, a JSON text, beside its outputs; a later one replaces it. Says `full` where there is no room. */
  manifest(target: PassportTarget, json: string): Promise<"written" | "full">;
  /** Removes what interrupted downloads left behind and nothing has touched for that long; answers how many. */
  sweep(olderThanMs?: number): Promise<number>;
}

export interface DownloadSource {
  url: string;
  /** How many transfers may be begun when one breaks in the middle; one that brings nothing is not tried again. */
  tries?: number;
  /** The whole fetch may not take longer. */
  totalMs?: number;
}

export interface PassportTarget {
  generation: string;
  /** When the generation was accepted, ISO 8601: its month is part of the key. */
  createdAt: string;
}

export interface OutputTarget extends PassportTarget {
  attempt: number;
  kind: OutputKind;
  /** Which of several outputs of one kind, from 0. */
  index?: number;
}

export interface StoredFile {
  bytes: number;
  contentType: string;
  modifiedAt: Date;
}

export type DownloadOutcome =
  | { kind: "kept"; key: string; bytes: number; sha256: string; contentType: string }
  | NotKept
  /** Less room than the file and the floor need. */
  | { kind: "full"; freeBytes: number; needBytes: number };

export type NotKept =
  /** This URL gives nothing any more (403, 404, 410 and other refusals): ask for a fresh one. */
  | { kind: "expired"; status: number }
  /** It ends before its end. */
  | { kind: "truncated"; why: string }
  /** It is not what it claims to be. */
  | { kind: "invalid"; why: string }
  /** No usable answer now; another time may work. */
  | { kind: "unreachable"; why: string; retryAfterMs?: number }
  /** The address may not be fetched. */
  | { kind: "blocked"; why: string }
  | { kind: "too_large"; limitBytes: number }
  /** The caller's signal. */
  | { kind: "aborted" };

/** The key of an output without its extension, which depends on what the file turns out to be. */
export function outputKey({ attempt, kind, index = 0, ...target }: OutputTarget): string {
  const which = index === 0 ? kind : `${kind}-${index + 1}`;
  return `${folder(target)}/${attempt}-${which}`;
}

export function manifestKey(target: PassportTarget): string {
  return `${folder(target)}/manifest.json`;
}

function folder({ generation, createdAt }: PassportTarget): string {
  if (!/^[\w-]{1,64}$/.test(generation))
    throw new TypeError(`not the id of a generation: ${JSON.stringify(generation)}`);
  return `${new Date(createdAt).toISOString().slice(0, 7)}/${generation}`;
}

/** Whether a key is one that this store makes; anything else, such as a path that climbs, has no file. */
export function isKey(key: string): boolean {
  return /^\d{4}-\d{2}\/[\w-]{1,64}\/(?:\d{1,9}-(?:video|last_frame)(?:-\d{1,9})?\.(?:mp4|png|jpg|webp)|(?:manifest|passport)\.json)$/.test(
    key,
  );
}
