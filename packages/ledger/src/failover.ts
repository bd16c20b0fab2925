import { setTimeout as wait } from "node:timers/promises";
import { type Cell, pipeline } from "./cell.ts";
import { parseInfo, primaryOf } from "./primary.ts";
import { makeAgain } from "./verbs/move.ts";

const everyMs = 1_000;

/**
 * Looks every second which server has the cell. When another one has taken over, the recent moves of this process are made again there,
 * in order; `tookOver` hears how many of them it did not have.
 */
export function watchPrimary(cell: Cell, tookOver: (restored: number) => void): Disposable {
  const ended = new AbortController();
  const watching = async () => {
    while (!ended.signal.aborted) {
      await look(cell, tookOver).catch(() => {});
      await wait(everyMs, undefined, { ref: false, signal: ended.signal }).catch(() => {});
    }
  };
  void watching();
  return { [Symbol.dispose]: () => ended.abort() };
}

async function look(cell: Cell, tookOver: (restored: number) => void): Promise<void> {
  const [info] = (await pipeline(cell, [["info", "replication"]])) as [string];
  const seen = primaryOf(parseInfo(info), cell.primary);
  const changed = cell.primary.id !== "" && cell.primary.id !== seen.id;
  // only after that is the new one known: a fault in between lets it begin anew
  const restored = changed ? await makeAgain(cell) : 0;
  cell.primary = seen;
  if (changed) tookOver(restored);
}
