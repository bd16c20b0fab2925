import type { Readable } from "node:stream";
import type { ByteRange, OpenedFile } from "../outputs/opened-file.ts";
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

export type ReadDataUri =
  | { kind: "bytes"; bytes: Buffer; contentType: string }
  | { kind: "malformed"; why: string }
  | { kind: "too_large"; limitBytes: number };

const longestHeadChars = 128;

/** Reads `data:<type>/<subtype>;base64,<base64>` and nothing looser: no parameters, no spaces, whole padding. */
export function fromDataUri(uri: string, maxBytes: number): ReadDataUri {
  const comma = uri.slice(0, longestHeadChars).indexOf(",");
  const contentType = uri.slice(0, comma + 1).match(/^data:([\w.+-]+\/[\w.+-]+);base64,$/)?.[1];
  if (!contentType) return { kind: "malformed", why: "does not begin with data:<type>;base64," };
  const base64 = uri.slice(comma + 1);
  if ((base64.length / 4) * 3 - 2 > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return { kind: "malformed", why: "what follows the comma is not base64" };
  }
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
  return { kind: "bytes", bytes, contentType: contentType.toLowerCase() };
}
