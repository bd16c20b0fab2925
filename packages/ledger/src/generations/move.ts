import { type GenerationRequest, mayMove, type Next, type State } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { runConfirmed } from "../durability/confirm.ts";
import { decodeFields, encode, type FieldName, type GenerationRecord, storedName } from "../redis/codec.ts";
import { LedgerError, unconfirmed } from "../redis/error.ts";
import { gather, type ValueOrError } from "../redis/gather.ts";
import type { Lane } from "../redis/keys.ts";
import { run } from "../redis/run.ts";
import { compressRequest, serializeRequest } from "./request-text.ts";

/** Expected fields of the record; "" means that the field is absent. */
export interface Expectation {
  dispatchSeq?: number;
  lane?: Lane;
  /** Token of the last change of state. */
  token?: string;
  taskId?: string;
  callbackTaskId?: string;
  attempt?: number;
  account?: string;
  notCancelRequested?: true;
}

/** The due time after the move; absent only for resting states. */
export type Due = { lane: Lane; inMs: number } | { lane: "backlog" };

/** Webhook event of an end. */
export interface WebhookEvent {
  endpoint: string;
  url: string;
  body: string;
}

/** One change of a state. Made by `transitions.ts` only; tests use `@reelqueue/ledger/testing`. */
export interface Move<From extends State = State> {
  id: string;
  from: readonly From[];
  to: Next<From>;
  /** Identifies the operation: sent twice, it is applied once. */
  token: string;
  /** Note of the timeline entry. */
  note?: string;
  /** If the record differs, the result is `stale`; with `notCancelRequested`, `canceling` after a requested cancel. */
  expect?: Expectation;
  due?: Due;
  /** Increments the dispatch number. */
  dispatch?: true;
  /** Frees the slot, even if the target state would hold it: the provider no longer runs the task. */
  freeSlot?: true;
  set?: Partial<GenerationRecord>;
  clear?: readonly FieldName[];
  /** Task id to bind to the generation, once. */
  bindTask?: string;
  /** Settled cost of the attempt; default: the reserved amount on success, 0 otherwise. */
  costMicroUsd?: number;
  /** Event to deliver, due at once. */
  event?: WebhookEvent;
  /** Request to store in its compressed form. */
  restingRequest?: GenerationRequest;
  /** Fields to return, together with the stored request. */
  want?: readonly FieldName[];
}

export type Moved =
  /** `already`: the operation was applied before. */
  | { kind: "moved" | "already"; dispatchSeq: number; wanted: Partial<GenerationRecord>; request: string }
  | { kind: "conflict"; state: State }
  | { kind: "stale"; state: State }
  | { kind: "canceling"; state: State }
  /** The task id belongs to generation `by`; recorded as an orphan. */
  | { kind: "taken"; by: string }
  /** The generation cannot bind the task of the move; the task is recorded as an orphan. */
  | { kind: "orphaned"; state: State }
  | { kind: "missing" };

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
    cell.recentMoves
      .texts()
      .map((text) => sendGathered(cell, { text, want: [], mustBeConfirmed: false, replayable: false })),
  );
  const fault = moved.find((each) => each.status === "rejected" && isOutage(each.reason));
  if (fault?.status === "rejected") throw fault.reason;
  return moved.filter((each) => each.status === "fulfilled" && each.value.kind === "moved").length;
}

function isOutage(fault: unknown): boolean {
  return !(fault instanceof LedgerError) || fault.kind === "unavailable" || fault.kind === "write_rejected";
}

/** A move in the form that `move.lua` reads. */
interface EncodedMove {
  text: string;
  want: readonly FieldName[];
  /** Wait for a replica before the result is used. */
  mustBeConfirmed: boolean;
  /** It has an expectation, so that a later replay cannot apply to another state of the record. */
  replayable: boolean;
}

function keepForReplay(cell: Cell, { text, replayable }: EncodedMove, moved: Moved): void {
  if (replayable && (moved.kind === "moved" || moved.kind === "already")) cell.recentMoves.keep(text);
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

function encodeMove(step: Move): EncodedMove {
  const { dispatchSeq, token, taskId, attempt } = step.expect ?? {};
  return {
    text: serializeMove(step),
    want: step.want ?? [],
    mustBeConfirmed: step.to === "submitting" || step.bindTask !== undefined,
    replayable: [dispatchSeq, token, taskId, attempt].some((belief) => belief !== undefined && belief !== ""),
  };
}

/** JSON of the move for `move.lua`. */
function serializeMove(step: Move): string {
  for (const from of step.from) {
    if (!mayMove(from, step.to)) throw new LedgerError("forbidden", `the table of moves has no ${from} → ${step.to}`);
  }
  const { id, from, to, token, event, bindTask, costMicroUsd, due, note, restingRequest, set = {}, want } = step;
  const clear = (step.clear ?? []).filter((name) => set[name] === undefined);
  return JSON.stringify({
    id,
    from,
    to,
    token,
    mark: stateMarks[to],
    ...(step.expect !== undefined && { expect: expectationOf(step.expect) }),
    ...(note !== undefined && { note: oneLine(note) }),
    ...(due !== undefined && {
      due: due.lane === "backlog" ? due : { lane: due.lane, in: Math.max(0, Math.round(due.inMs)) },
    }),
    ...(step.dispatch && { handover: true }),
    ...(step.freeSlot && { free: true }),
    ...(step.set !== undefined && { set: encode(set) }),
    ...(clear.length > 0 && { unset: clear.map(storedName) }),
    ...(bindTask !== undefined && { task: bindTask }),
    ...(costMicroUsd !== undefined && { cost: String(Math.round(costMicroUsd)) }),
    ...(restingRequest !== undefined && { request: compressRequest(serializeRequest(restingRequest)) }),
    ...(event !== undefined && { event }),
    ...(want !== undefined && { want: want.map(storedName) }),
  });
}

function expectationOf({ notCancelRequested, ...facts }: Expectation): Record<string, string | true> {
  return { ...encode(facts), ...(notCancelRequested && { calm: true }) };
}

function oneLine(note: string): string {
  return note.replace(/\s+/g, " ").slice(0, 300).toWellFormed();
}

/** Letter of each state in the stored timeline. */
export const stateMarks: Record<State, string> = {
  queued: "q",
  preparing: "p",
  submitting: "s",
  unknown: "u",
  needs_review: "v",
  running: "r",
  finalizing: "f",
  succeeded: "d",
  failed: "x",
  canceled: "c",
  expired: "e",
};

function decodeMoved(answer: string[], want: readonly FieldName[]): Moved {
  const [kind, detail = ""] = answer;
  switch (kind) {
    case "moved":
    case "already": {
      const stored = Object.fromEntries(want.map((name, i) => [storedName(name), answer[2 + i]]));
      return {
        kind,
        dispatchSeq: Number(detail),
        wanted: decodeFields(want, stored),
        request: answer[2 + want.length] ?? "",
      };
    }
    case "conflict":
    case "stale":
    case "canceling":
    case "orphaned":
      return { kind, state: detail as State };
    case "taken":
      return { kind, by: detail };
    default:
      return { kind: "missing" };
  }
}
