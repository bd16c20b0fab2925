import type { MediaFacts, MediaKind } from "@reelqueue/providers";

/** A file as its readers see it. */
export interface MediaFile {
  /** How many bytes it has. */
  bytes: number;
  /** Whether its end can be had without all that is before it. */
  randomAccess: boolean;
  /** What its first bytes claim, as a file extension; left out where they claim nothing known. */
  claim?: string;
  kind: MediaKind;
  /** The bytes from `start` up to `end`, in memory of their own; less where the file ends before. */
  read(start: number, end: number): Promise<Uint8Array>;
}

export type Parsed = { kind: "facts"; facts: Omit<MediaFacts, "bytes"> } | { kind: "unknown"; why: string };

/** Of what goes to the thread: a file without its bytes. */
export type Order = Omit<MediaFile, "read">;

/** What the thread says of the file on its port. */
export type FromThread = { want: number; start: number; end: number } | { parsed: Parsed };

/** The bytes that it wanted. */
export interface ToThread {
  want: number;
  bytes: Uint8Array;
}
