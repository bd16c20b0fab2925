import type { Cell } from "../cell.ts";
import { sendMove } from "../generations/move.ts";
import type { Move, Moved } from "../generations/move-text.ts";

/** Moves by hand, for tests and benches only; production code may not import this file. */
export { replayMoves, type SendMove, sendMove, sendMoveAlone } from "../generations/move.ts";
export type { Move, Moved } from "../generations/move-text.ts";
export { bring, type Given, givenIn, laneOf } from "./given.ts";
export { cutOffReplica, takeOver } from "./replica.ts";

/** Sends many moves; they share scripts. */
export function sendAll(cell: Cell, steps: readonly Move[]): Promise<Moved[]> {
  return Promise.all(steps.map((step) => sendMove(cell, step)));
}
