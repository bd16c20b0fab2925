import { setTimeout as wait } from "node:timers/promises";
import { LedgerError, type LedgerErrorKind } from "@reelqueue/ledger";
import type { Context } from "./context.ts";

const passing: ReadonlySet<LedgerErrorKind> = new Set(["unavailable", "write_rejected", "unconfirmed"]);

/** Repeats a write that must not be lost until Redis takes it: an answer that cost money is held here through any outage. */
export async function insist<T>(deps: Pick<Context, "log">, write: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof LedgerError) || !passing.has(error.kind)) throw error;
      if (tries % 10 === 0) deps.log.error({ err: error }, "an answer is held in memory until Redis takes it");
      await wait(Math.min(2_000, 100 * 2 ** tries));
    }
  }
}
