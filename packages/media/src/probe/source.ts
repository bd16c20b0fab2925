import type { MediaFacts } from "@reelqueue/providers";

/** What came of looking at a file. Each `why` is a sentence's end for people, such as `answered 404`. */
export type Probed =
  | { kind: "facts"; facts: MediaFacts }
  /** It is there, but what it is cannot be told. */
  | { kind: "unknown"; why: string }
  /** No usable answer in time; another time may work. */
  | { kind: "unreachable"; why: string }
  /** Its address may not be fetched, or too much of it would have to be. */
  | { kind: "refused"; why: string };

/** The bytes of one file, wherever it lies. Throws a SourceError where they cannot be had. */
export interface Source extends Disposable {
  /** Whether any part can be had without the parts before it. */
  readonly randomAccess: boolean;
  /** How many bytes the whole file has; read to its end where nobody says. */
  size(): Promise<number>;
  /** The bytes from `start` up to `end`, less where the file ends before. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Why a file could not be looked at, in the words of the answer. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly kind: Exclude<Probed["kind"], "facts">;

  constructor(kind: SourceError["kind"], why: string, options?: ErrorOptions) {
    super(why, options);
    this.kind = kind;
  }
}

/** More of the file would have to be read than may be. */
export function tooLarge(maxBytes: number): SourceError {
  return new SourceError("refused", `more than ${maxBytes} bytes of it would have to be read`);
}

/** Something that broke while bytes were on their way. */
export function unreachable(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  return new SourceError("unreachable", error instanceof Error ? error.message : String(error), { cause: error });
}
