import type { Probed } from "./facts.ts";

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

/** A file that is wholly in memory. */
export function openBytes(bytes: Buffer): Source {
  return {
    randomAccess: true,
    size: async () => bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    [Symbol.dispose]: () => undefined,
  };
}
