import type { Cell } from "./cell.ts";
import { type Move, type Moved, sendMove } from "./generations/move.ts";

/** What tests, benches and rehearsals may do beyond the ledger's own functions: any move by hand. Production code may not import this. */
export { type Move, type Moved, type SendMove, sendMove, sendMoveAlone } from "./generations/move.ts";

/** Many moves at once; those of one moment share scripts. */
export function sendAll(cell: Cell, steps: readonly Move[]): Promise<Moved[]> {
  return Promise.all(steps.map((step) => sendMove(cell, step)));
}
