import type { Cell } from "../cell.ts";
import { runConfirmed } from "../durability/confirm.ts";
import { LedgerError, unconfirmed } from "../redis/error.ts";
import { gather, type ValueOrError } from "../redis/gather.ts";
import { run } from "../redis/run.ts";
import { decodeMoved, type EncodedMove, encodeMove, type Move, type Moved } from "./move-text.ts";

export type SendMove = (cell: Cell, step: Move) => Promise<Moved>;

/**
 * Moves one generation, by compare-and-set in Redis. An intent and the binding of a task wait for a replica if one
 * could take over; without its confirmation: LedgerError `unconfirmed`, and the move may be lost in a failover.
 */
export async function sendMove(cell: Cell, step: Move): Promise<Moved> {
  const encoded = encodeMove(step);
  const moved = await sendGathered(cell, encoded);
  keepForReplay(cell, encoded, moved);
  return moved;
}

/** `sendMove` without batching. */
export async function sendMoveAlone(cell: Cell, step: Move): Promise<Moved> {
  const encoded = encodeMove(step);
  const [moved = { kind: "missing" as const }] = await send(cell, [encoded]);
  keepForReplay(cell, encoded, moved);
  return moved;
}

/** Replays the recent moves of this process; returns the number of moves that the ledger lacked. */
export async function replayMoves(cell: Cell): Promise<number> {
  const moved = await Promise.allSettled(
    cell.recentMoves.texts().map((text) => sendGathered(cell, { text, want: [], mustBeConfirmed: false })),
  );
  const fault = moved.find((each) => each.status === "rejected" && isOutage(each.reason));
  if (fault?.status === "rejected") throw fault.reason;
  return moved.filter((each) => each.status === "fulfilled" && each.value.kind === "moved").length;
}

function isOutage(fault: unknown): boolean {
  return !(fault instanceof LedgerError) || fault.kind === "unavailable" || fault.kind === "write_rejected";
}

function keepForReplay(cell: Cell, { replay }: EncodedMove, moved: Moved): void {
  if (replay !== undefined && (moved.kind === "moved" || moved.kind === "already")) cell.recentMoves.keep(replay);
}

/** Bounds the time of one script to some milliseconds. */
const maxMovesPerScript = 50;

const sendGathered = gather<EncodedMove, Moved>({ maxBatchSize: maxMovesPerScript }, async (cell, steps) => {
  try {
    return await (steps.some(({ mustBeConfirmed }) => mustBeConfirmed)
      ? sendConfirmed(cell, steps)
      : send(cell, steps));
  } catch (error) {
    // a damaged record must not fail the other moves of the batch
    if (steps.length === 1 || !(error instanceof LedgerError) || error.kind !== "script_error") throw error;
    return await Promise.all(steps.map((step) => sendOne(cell, step)));
  }
});

async function send(cell: Cell, steps: readonly EncodedMove[]): Promise<Moved[]> {
  const answers = await run<string[][]>(cell, "move", textsOf(steps));
  return answers.map((answer, i) => decodeMoved(answer, steps[i]?.want ?? []));
}

async function sendConfirmed(cell: Cell, steps: readonly EncodedMove[]): Promise<ValueOrError<Moved>[]> {
  const { answer, confirmed } = await runConfirmed<string[][]>(cell, "move", textsOf(steps));
  return steps.map(({ mustBeConfirmed, want }, i) =>
    mustBeConfirmed && !confirmed ? unconfirmed() : decodeMoved(answer[i] ?? [], want),
  );
}

async function sendOne(cell: Cell, step: EncodedMove): Promise<ValueOrError<Moved>> {
  const [moved] = await sendConfirmed(cell, [step]).catch((error: Error) => [error]);
  return moved ?? { kind: "missing" };
}

const textsOf = (steps: readonly EncodedMove[]): string[] => steps.map(({ text }) => text);
