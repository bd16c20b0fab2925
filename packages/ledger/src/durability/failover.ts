import { setTimeout as wait } from "node:timers/promises";
import type { Cell } from "../cell.ts";
import { replayMoves } from "../generations/move.ts";
import { readPrimary } from "./primary.ts";

const checkIntervalMs = 1_000;
/** A move may rest on another process' move that is made again only after it. */
const replayRounds = 4;

/**
 * Looks every second which server has the cell. When another one has taken over, the recent moves of this process are made again there,
 * in order and in a few rounds; `tookOver` hears how many of them it did not have.
 */
export function watchPrimary(cell: Cell, onFailover: (restored: number) => void): Disposable {
  const ended = new AbortController();
  const watch = async () => {
    let roundsLeft = 0;
    while (!ended.signal.aborted) {
      roundsLeft = await checkPrimary(cell, roundsLeft, onFailover).catch(() => roundsLeft);
      await wait(checkIntervalMs, undefined, { ref: false, signal: ended.signal }).catch(() => {});
    }
  };
  void watch();
  return { [Symbol.dispose]: () => ended.abort() };
}

/** Answers how many more rounds there are after this look. */
async function checkPrimary(cell: Cell, left: number, tookOver: (restored: number) => void): Promise<number> {
  const current = await readPrimary(cell);
  const changed = cell.primary.id !== "" && cell.primary.id !== current.id;
  // only after that is the new one known: a fault in between lets it begin anew
  const restored = changed || left > 0 ? await replayMoves(cell) : 0;
  cell.primary = current;
  if (changed || restored > 0) tookOver(restored);
  return changed ? replayRounds - 1 : Math.max(0, left - 1);
}
