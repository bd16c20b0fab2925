import type { Cell } from "../cell.ts";
import { type Move, type Moved, sendMove } from "../generations/move.ts";

/** Moves by hand, for tests and benches only; production code may not import this file. */
export { type Move, type Moved, type SendMove, sendMove, sendMoveAlone } from "../generations/move.ts";
export { bring, type Given, givenIn, laneOf } from "./given.ts";

/** Sends many moves; they share scripts. */
export function sendAll(cell: Cell, steps: readonly Move[]): Promise<Moved[]> {
  return Promise.all(steps.map((step) => sendMove(cell, step)));
}
