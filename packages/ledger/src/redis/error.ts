import { setTimeout as wait } from "node:timers/promises";

export type LedgerErrorKind =
  /** Redis cannot be reached. */
  | "unavailable"
  /** Redis answers, but refuses to write (out of memory, disk full, read-only). */
  | "write_rejected"
  /** Written, but no replica has it: a failover now would lose it. The same operation again asks again. */
  | "unconfirmed"
  /** A script of ours failed: a bug, and asking again will not help. */
  | "script_error"
  /** The record was written by a newer version. */
  | "version"
  /** The caller asked for a move that the table of moves does not have. */
  | "forbidden"
  /** The request is larger than a record may be. */
  | "too_large";

/** A fault of the ledger itself; whatever can be expected is an outcome, not this. */
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
    "No replica of Redis has confirmed what was written, and a failover now would lose it: is the replica away, or was this primary deposed?",
  );
}

/** Turns what ioredis throws into a fault with a kind and a sentence. */
export function toLedgerError(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // ioredis hangs the whole command on its errors: a log would print every prompt in it
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

/**
 * Repeats a write that must not be lost until Redis takes it: an answer that cost money is held in memory through any outage. `onRetry` hears of the
 * first failure and of every tenth after it.
 */
export async function retryUntilStored<T>(write: () => Promise<T>, onRetry: (error: LedgerError) => void): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof LedgerError) || !transientKinds.has(error.kind)) throw error;
      if (tries % 10 === 0) onRetry(error);
      await wait(Math.min(2_000, 100 * 2 ** tries));
    }
  }
}
