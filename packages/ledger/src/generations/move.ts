import { type GenerationRequest, mayMove, type Next, type State } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { runConfirmed } from "../durability/confirm.ts";
import { decodeFields, encode, type FieldName, type GenerationRecord, storedName } from "../redis/codec.ts";
import { LedgerError, unconfirmed } from "../redis/error.ts";
import { gather, type ValueOrError } from "../redis/gather.ts";
import type { Lane } from "../redis/keys.ts";
import { run } from "../redis/run.ts";
import { compressRequest, serializeRequest } from "./request-text.ts";

/** What the caller believes of a record; a text of "" stands for "the record has none". */
export interface Expectation {
  dispatchSeq?: number;
  lane?: Lane;
  /** No other change of state came in between. */
  token?: string;
  taskId?: string;
  callbackTaskId?: string;
  attempt?: number;
  account?: string;
  notCancelRequested?: true;
}

/** The one due time after a move; left out only for states that rest. */
export type Due = { lane: Lane; inMs: number } | { lane: "backlog" };

/** The webhook that announces an end. */
export interface WebhookEvent {
  endpoint: string;
  url: string;
  body: string;
}

/** One change of a state. Only `transitions.ts` makes them; tests and rehearsals may too, by `@reelqueue/ledger/testing`. */
export interface Move<From extends State = State> {
  id: string;
  from: readonly From[];
  to: Next<From>;
  /** Names this operation: sent twice, it happens once. */
  token: string;
  /** A line of the timeline. */
  note?: string;
  /** Refused as `stale` where the record says otherwise, because somebody else has changed it meanwhile; as `canceling` once a cancel was requested. */
  expect?: Expectation;
  due?: Due;
  /** The job behind it gets the next dispatch number. */
  dispatch?: true;
  /** The provider can no longer be running it, so its slot is free, also where the state it moves to would hold one. */
  freeSlot?: true;
  set?: Partial<GenerationRecord>;
  clear?: readonly FieldName[];
  /** Binds this task id to the generation, once. */
  bindTask?: string;
  /** Settled cost of the attempt; left out: what was reserved is spent on success and given back otherwise. */
  costMicroUsd?: number;
  /** Delivered from the same instant on. */
  event?: WebhookEvent;
  /** What was asked for, to be stored in its shortest form from now on. */
  restingRequest?: GenerationRequest;
  /** Fields to answer with, together with the frozen request. */
  want?: readonly FieldName[];
}

export type Moved =
  /** `already`: this very operation was done before. */
  | { kind: "moved" | "already"; dispatchSeq: number; wanted: Partial<GenerationRecord>; request: string }
  | { kind: "conflict"; state: State }
  | { kind: "stale"; state: State }
  | { kind: "canceling"; state: State }
  /** The task id belongs to another generation. Recorded among the orphans. */
  | { kind: "taken"; by: string }
  /** It could not take the task that the move brought: the task is recorded among the orphans. */
  | { kind: "orphaned"; state: State }
  | { kind: "missing" };

export type SendMove = (cell: Cell, step: Move) => Promise<Moved>;

/**
 * Moves one generation, by compare-and-set in Redis. An intent and the binding of a task are also at a replica where one could take over:
 * else it is a LedgerError of kind `unconfirmed`, and whether the move lasts is open.
 */
export async function sendMove(cell: Cell, step: Move): Promise<Moved> {
  const encoded = encodeMove(step);
  const moved = await sendGathered(cell, encoded);
  keepForReplay(cell, encoded, moved);
  return moved;
}

/** The same without waiting for other moves that could share its script. */
export async function sendMoveAlone(cell: Cell, step: Move): Promise<Moved> {
  const encoded = encodeMove(step);
  const [moved = { kind: "missing" as const }] = await send(cell, [encoded]);
  keepForReplay(cell, encoded, moved);
  return moved;
}

/** Makes the recent moves of this process again, where the ledger does not have them; answers how many that were. */
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

/** A move on its way to Redis. */
interface EncodedMove {
  text: string;
  want: readonly FieldName[];
  /** Nothing may follow from it before a replica has it too. */
  mustBeConfirmed: boolean;
  /** It says what it believes of the record, so that it can be made again later without meeting anything but its own. */
  replayable: boolean;
}

function keepForReplay(cell: Cell, { text, replayable }: EncodedMove, moved: Moved): void {
  if (replayable && (moved.kind === "moved" || moved.kind === "already")) cell.recentMoves.keep(text);
}

/** Moves that are asked for at the same moment share a script: Redis is busy with it for some milliseconds at most. */
const maxMovesPerScript = 50;

const sendGathered = gather<EncodedMove, Moved>({ maxBatchSize: maxMovesPerScript }, async (cell, steps) => {
  try {
    return await (steps.some(({ mustBeConfirmed }) => mustBeConfirmed)
      ? sendConfirmed(cell, steps)
      : send(cell, steps));
  } catch (error) {
    // a record that the script stumbles over is no fault of those that happened to come along with it
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

/** The move as `move.lua` reads it. */
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

/** Letters of the states in the timeline, one a move. */
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
