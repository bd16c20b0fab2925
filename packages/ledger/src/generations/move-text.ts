import { type GenerationRequest, mayMove, type Next, type State } from "@reelqueue/contracts";
import { decodeFields, encode, type FieldName, type GenerationRecord, storedName } from "../redis/codec.ts";
import { LedgerError } from "../redis/error.ts";
import type { Lane } from "../redis/keys.ts";
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
  /** Only while the account is neither paused nor throttled; else the generation returns to the backlog. No replay has it. */
  gated?: true;
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
  /** Gated: it is in the backlog again, without slot and reserved money. */
  | { kind: "given_back"; state: State; why: "paused" | "throttled"; account: string }
  | { kind: "missing" };

/** A move in the form that `move.lua` reads. */
export interface EncodedMove {
  text: string;
  want: readonly FieldName[];
  /** Wait for a replica before the result is used. */
  mustBeConfirmed: boolean;
  /** Text of a replay; absent without an expectation, because it could apply to another state of the record. */
  replay?: string;
}

export function encodeMove({ gated, ...step }: Move): EncodedMove {
  const { dispatchSeq, token, taskId, attempt } = step.expect ?? {};
  const isReplayable = [dispatchSeq, token, taskId, attempt].some((belief) => belief !== undefined && belief !== "");
  const made = movedBy(step);
  const replay = JSON.stringify(made);
  return {
    text: gated ? JSON.stringify({ ...made, gated }) : replay,
    want: step.want ?? [],
    mustBeConfirmed: step.to === "submitting" || step.bindTask !== undefined,
    ...(isReplayable && { replay }),
  };
}

/** The move as `move.lua` reads it. */
function movedBy(step: Move): object {
  for (const from of step.from) {
    if (!mayMove(from, step.to)) throw new LedgerError("forbidden", `the table of moves has no ${from} → ${step.to}`);
  }
  const { id, from, to, token, event, bindTask, costMicroUsd, due, note, restingRequest, set = {}, want } = step;
  const clear = (step.clear ?? []).filter((name) => set[name] === undefined);
  return {
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
  };
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

export function decodeMoved(answer: string[], want: readonly FieldName[]): Moved {
  const [kind, detail = "", account = ""] = answer;
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
    case "given_back":
      return { kind, state: "queued", why: detail as "paused" | "throttled", account };
    default:
      return { kind: "missing" };
  }
}
