import type { Readable } from "node:stream";
import type { ByteRange, OpenedFile } from "./opened-file.ts";

/** Input media by what they contain: the same bytes put twice are one file with one URL. */
export interface MediaStore {
  /** The bytes decide the type; a declared type of another family is refused. Throws only a StorageError. */
  put(source: MediaSource, declaredType?: string): Promise<Put>;
  has(url: string): Promise<boolean>;
  open(url: string, range?: ByteRange): Promise<OpenedFile | undefined>;
  /** The file as `data:<type>;base64,…`. Throws a StorageError (`missing`) when it is not there. */
  dataUri(url: string): Promise<string>;
  sweep(olderThanMs?: number): Promise<number>;
}

/** Bytes, a stream of them, or a file of this machine. A path must never come from a caller over the network. */
export type MediaSource = Buffer | Readable | { path: string };

export type Put =
  | { kind: "stored"; url: string; bytes: number; sha256: string; contentType: string }
  /** Not an image, video or sound of a type that any provider takes, or not what was declared. */
  | { kind: "unknown_type"; why: string }
  | { kind: "too_large"; limitBytes: number }
  | { kind: "full"; freeBytes: number; needBytes: number }
  /** The file or the stream could not be read to its end. */
  | { kind: "unreadable"; why: string };
