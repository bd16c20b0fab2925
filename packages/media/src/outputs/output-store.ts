import type { OutputKind } from "@reelqueue/contracts";
import type { ByteRange, OpenedFile } from "./opened-file.ts";

/** The store of finished outputs. The interface also fits object storage: it knows keys, not files and folders. */
export interface OutputStore {
  /**
   * Downloads a file and stores it under the key of its target, which does not depend on the URL. After `stored` the
   * file is whole, checked and durable; after any other outcome nothing is stored. A stored file is never replaced
   * and never downloaded again. Throws only a StorageError, if the storage fails.
   */
  download(source: DownloadSource, target: OutputTarget, signal: AbortSignal): Promise<DownloadOutcome>;
  /**
   * Opens a stored file or a range of it; undefined if it does not exist. Throws a RangeError for a range outside it.
   */
  open(key: string, range?: ByteRange): Promise<OpenedFile | undefined>;
  stat(key: string): Promise<StoredFile | undefined>;
  freeBytes(): Promise<number>;
  /**
   * Writes the manifest of a generation, a JSON text, beside its outputs; replaces an earlier one. `full`: no space
   * left.
   */
  manifest(target: ManifestTarget, json: string): Promise<"written" | "full">;
  /**
   * Removes drafts of interrupted downloads that were not modified for this long (default: 1 h); returns their number.
   */
  sweep(olderThanMs?: number): Promise<number>;
}

export interface DownloadSource {
  url: string;
  /**
   * The origin of the account's base URL: it is reached wherever it is, and gets the key if it answers 401 or 403
   * without it. No other origin gets the key.
   */
  own?: { origin: string; key: string };
  /** Maximum number of transfers (default 3) if one breaks in the middle; a transfer without a new byte is the last. */
  tries?: number;
  /** Time limit of the whole download (default 900,000). */
  totalMs?: number;
}

export interface ManifestTarget {
  generation: string;
  /** Time at which the generation was accepted, ISO 8601; its month is part of the key. */
  createdAt: string;
}

export interface OutputTarget extends ManifestTarget {
  attempt: number;
  kind: OutputKind;
  /** Position among several outputs of one kind, from 0. */
  index?: number;
}

export interface StoredFile {
  bytes: number;
  contentType: string;
  modifiedAt: Date;
}

export type DownloadOutcome =
  /** `warning`: what is not by the book about the file, though players play it. */
  | { kind: "stored"; key: string; bytes: number; sha256: string; contentType: string; warning?: string }
  | NotStored
  /** Less free space than the file and the floor need. */
  | { kind: "full"; freeBytes: number; needBytes: number };

export type NotStored =
  /** The URL is no longer valid (403, 404, 410 and other refusals): request a new one. */
  | { kind: "expired"; status: number }
  /** The file is incomplete. */
  | { kind: "truncated"; reason: string }
  /** The content is not of the expected type. */
  | { kind: "invalid"; reason: string }
  /** No usable answer; a later try may work. */
  | { kind: "unreachable"; reason: string; retryAfterMs?: number }
  /** Egress does not allow the address. */
  | { kind: "blocked"; reason: string }
  | { kind: "too_large"; limitBytes: number }
  /** Aborted by the caller's signal. */
  | { kind: "aborted" };

/** The key of an output without its extension, which depends on the content. */
export function outputKey({ attempt, kind, index = 0, ...target }: OutputTarget): string {
  const which = index === 0 ? kind : `${kind}-${index + 1}`;
  return `${folder(target)}/${attempt}-${which}`;
}

export function manifestKey(target: ManifestTarget): string {
  return `${folder(target)}/manifest.json`;
}

function folder({ generation, createdAt }: ManifestTarget): string {
  if (!/^[\w-]{1,64}$/.test(generation))
    throw new TypeError(`not the id of a generation: ${JSON.stringify(generation)}`);
  return `${new Date(createdAt).toISOString().slice(0, 7)}/${generation}`;
}

/** Whether a key has a form that this store creates, now or in an earlier build; any other key has no file. */
export function isKey(key: string): boolean {
  return /^\d{4}-\d{2}\/[\w-]{1,64}\/(?:\d{1,9}-(?:video|last_frame)(?:-\d{1,9})?\.(?:mp4|mov|webm|png|jpg|webp|gif|bmp)|(?:manifest|passport)\.json)$/.test(
    key,
  );
}
