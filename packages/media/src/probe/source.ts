import type { MediaFacts } from "@reelqueue/providers";

/** The result of a probe. Each `reason` is the end of a sentence for users, such as `answered 404`. */
export type ProbeResult =
  | { kind: "facts"; facts: MediaFacts }
  /** The file is readable, but its type or its length is not recognised. */
  | { kind: "unknown"; reason: string }
  /** No usable answer in time; a later probe may work. */
  | { kind: "unreachable"; reason: string }
  /** Egress does not allow the address, or the probe would read more than `maxBytes`. */
  | { kind: "refused"; reason: string };

/** Read access to the bytes of one file. Its methods throw a SourceError if the bytes are not available. */
export interface Source extends Disposable {
  /** Whether a range can be read without the bytes before it. */
  readonly randomAccess: boolean;
  /** Length of the whole file; reads to its end if the length is not announced. */
  size(): Promise<number>;
  /** The bytes from `start` up to, not including, `end`; fewer if the file ends before. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** The reason why a file is not readable, as a ProbeResult. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly kind: Exclude<ProbeResult["kind"], "facts">;

  constructor(kind: SourceError["kind"], reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.kind = kind;
  }
}

export function tooLarge(maxBytes: number): SourceError {
  return new SourceError("refused", `the probe would read more than ${maxBytes} bytes of it`);
}

/** Maps any error of a transfer to a SourceError. */
export function unreachable(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  return new SourceError("unreachable", error instanceof Error ? error.message : String(error), { cause: error });
}
