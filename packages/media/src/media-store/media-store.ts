import type { Readable } from "node:stream";
import type { ByteRange, OpenedFile } from "../outputs/opened-file.ts";

/** A content-addressed store of input media: equal bytes are one file with one URL. */
export interface MediaStore {
  /**
   * Stores a file. Its type is read from the bytes; a declared type of another family is refused. Throws only a
   * StorageError.
   */
  put(source: MediaSource, declaredType?: string): Promise<PutResult>;
  has(url: string): Promise<boolean>;
  open(url: string, range?: ByteRange): Promise<OpenedFile | undefined>;
  /** The file as `data:<type>;base64,…`. Throws a StorageError (`missing`) if it does not exist. */
  dataUri(url: string): Promise<string>;
  /** Removes drafts of interrupted puts that were not modified for this long (default: 1 h); returns their number. */
  sweep(olderThanMs?: number): Promise<number>;
}

/** Bytes, a stream of bytes, or a local file. A path must never come from a caller over the network. */
export type MediaSource = Buffer | Readable | { path: string };

export type PutResult =
  | { kind: "stored"; url: string; bytes: number; sha256: string; contentType: string }
  /** Not an image, video or audio of a type that any provider accepts, or not of the declared type. */
  | { kind: "unknown_type"; reason: string }
  | { kind: "too_large"; limitBytes: number }
  | { kind: "full"; freeBytes: number; needBytes: number }
  /** The source could not be read to its end. */
  | { kind: "unreadable"; reason: string };

export type DataUriResult =
  | { kind: "bytes"; bytes: Buffer; contentType: string }
  | { kind: "malformed"; reason: string }
  | { kind: "too_large"; limitBytes: number };

const longestHeadChars = 256;

/**
 * Parses `data:<type>/<subtype>[;<parameters>];base64,<base64>`. The base64 may be folded, of the alphabet for URLs and
 * without padding, as programs write it.
 */
export function parseDataUri(uri: string, maxBytes: number): DataUriResult {
  const comma = uri.slice(0, longestHeadChars).indexOf(",");
  const [head = "", ...parameters] = uri.slice(0, Math.max(0, comma)).split(";");
  const contentType = head.match(/^data:([\w.+-]+\/[\w.+-]+)$/i)?.[1];
  if (!contentType || parameters.at(-1)?.trim().toLowerCase() !== "base64")
    return { kind: "malformed", reason: "does not begin with data:<type>;base64," };
  const base64 = uri.slice(comma + 1).replaceAll(/\s+/g, "");
  if ((base64.length / 4) * 3 - 2 > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
  const digits = base64.replace(/={1,2}$/, "");
  const isWhole = digits.length % 4 !== 1 && (digits === base64 || base64.length % 4 === 0);
  if (!isWhole || !/^[A-Za-z0-9+/_-]+$/.test(digits))
    return { kind: "malformed", reason: "has no base64 after the comma" };
  // `base64` takes both alphabets
  const bytes = Buffer.from(digits, "base64");
  if (bytes.length > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
  return { kind: "bytes", bytes, contentType: contentType.toLowerCase() };
}
