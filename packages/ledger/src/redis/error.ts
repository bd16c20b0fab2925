import { setTimeout as wait } from "node:timers/promises";

export type LedgerErrorKind =
  /** Redis cannot be reached. */
  | "unavailable"
  /** Redis refuses to write (out of memory, disk full, read-only, access denied). */
  | "write_rejected"
  /** Written, but no replica has confirmed it: a failover would lose it. Repeat the operation. */
  | "unconfirmed"
  /** A script of the ledger failed or a record is damaged: a bug; do not retry. */
  | "script_error"
  /** The record was written by a newer version of reelqueue. */
  | "version"
  /** The move is not in the table of moves. */
  | "forbidden"
  /** The request is larger than a record may be. */
  | "too_large";

/** A failure of the ledger. Expected outcomes are values, never errors. */
export class LedgerError extends Error {
  readonly kind: LedgerErrorKind;

  constructor(kind: LedgerErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "LedgerError";
    this.kind = kind;
  }
}

export function unconfirmed(): LedgerError {
  return new LedgerError(
    "unconfirmed",
    "No replica of Redis has confirmed the write, and a failover would lose it: check that the replica runs and that this server is still the primary.",
  );
}

/** An error of ioredis as a LedgerError. */
export function toLedgerError(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // ioredis attaches the command to its errors: a log would show its prompts
  if (error instanceof Error) Reflect.deleteProperty(error, "command");
  if (/^(OOM|MISCONF|READONLY|NOREPLICAS|CLUSTERDOWN)/.test(message)) {
    return new LedgerError("write_rejected", `Redis refuses to write: ${message}`, error);
  }
  if (/WRONGPASS|NOAUTH|NOPERM/.test(message))
    return new LedgerError("write_rejected", `Redis refuses this user: ${message}`, error);
  if (/^(ERR (?!max number of clients)|WRONGTYPE)/.test(message))
    return new LedgerError("script_error", `a script of the ledger failed: ${message}`, error);
  return new LedgerError("unavailable", `Redis cannot be reached: ${message}`, error);
}

const transientKinds: ReadonlySet<LedgerErrorKind> = new Set(["unavailable", "write_rejected", "unconfirmed"]);

/** Whether a later repetition may succeed. */
export function isTransient(error: unknown): error is LedgerError {
  return error instanceof LedgerError && transientKinds.has(error.kind);
}

/**
 * Repeats a write that must not be lost until Redis stores it, through any outage. `onRetry` is called for the first
 * failure and for every tenth after it. Errors other than outages reject.
 */
export async function retryUntilStored<T>(write: () => Promise<T>, onRetry: (error: LedgerError) => void): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (tries % 10 === 0) onRetry(error);
      await wait(Math.min(2_000, 100 * 2 ** tries));
    }
  }
}
