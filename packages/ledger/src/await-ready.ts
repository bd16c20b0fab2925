import { once } from "node:events";
import type { Cell } from "./cell.ts";
import { toLedgerError } from "./error.ts";
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
    cell.primary = await seePrimary(cell);
  } catch (error) {
    throw toLedgerError(last.error ?? error);
  } finally {
    cell.redis.off("error", note);
  }
}
