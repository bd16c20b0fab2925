import { setTimeout as wait } from "node:timers/promises";
import type { Cell } from "../cell.ts";
import { replayMoves } from "../generations/move.ts";
import { readPrimary } from "./primary.ts";

const checkIntervalMs = 1_000;
/** A replayed move may depend on a move that another process replays later. */
const replayRounds = 4;

/**
 * Checks the primary every second. After a failover it replays the recent moves of this process, in order and in four
 * rounds; replays are idempotent. `onFailover` gets the number of moves that the new primary lacked.
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

/** Returns the number of replay rounds that remain. */
async function checkPrimary(cell: Cell, roundsLeft: number, onFailover: (restored: number) => void): Promise<number> {
  const current = await readPrimary(cell);
  const changed = cell.primary.id !== "" && cell.primary.id !== current.id;
  // set after the replay, so that a failed replay starts again
  const restored = changed || roundsLeft > 0 ? await replayMoves(cell) : 0;
  cell.primary = current;
  if (changed || restored > 0) onFailover(restored);
  return changed ? replayRounds - 1 : Math.max(0, roundsLeft - 1);
}
