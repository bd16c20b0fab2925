import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Cell } from "./cell.ts";
import { LedgerError, toLedgerError } from "./error.ts";
import { seePrimary } from "./see-primary.ts";

/** Waits until the cell can be used; a LedgerError that says why when it cannot within the time. */
export async function awaitReady(cell: Cell, withinMs: number): Promise<void> {
  const last: { error?: unknown } = {};
  const note = (error: unknown) => {
    last.error = error;
  };
  cell.redis.on("error", note);
  try {
    const signal = AbortSignal.timeout(withinMs);
    while (cell.redis.status !== "ready")
      await once(cell.redis, "ready", { signal }).catch(() => signal.throwIfAborted());
    cell.primary = await onceUp(signal, () => seePrimary(cell));
  } catch (error) {
    throw toLedgerError(last.error ?? error);
  } finally {
    cell.redis.off("error", note);
  }
}

/** A Cluster that has just lost a node says for seconds that it is down, or sends from one node to the other. */
async function onceUp<Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isDown = error instanceof LedgerError && /CLUSTERDOWN|MOVED/.test(error.message);
      if (!isDown || signal.aborted) throw error;
      await wait(100);
    }
  }
}
