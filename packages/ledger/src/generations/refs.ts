import type { Output, RemoteOutput } from "@reelqueue/contracts";
import type { FieldName, GenerationRecord, OddStatus } from "../redis/codec.ts";
import { submitFields } from "./cleared-on-entry.ts";
import type { Expectation, Move } from "./move-text.ts";
import type { Found } from "./read.ts";

/** A move without id, states and token. */
export type Step = Omit<Move, "id" | "from" | "to" | "token"> & { token?: string };
/** States after which a new attempt may follow. */
export type AttemptEnd = "running" | "failed" | "expired";
export type NextAttempt = Required<Pick<Step, "due" | "note" | "expect">>;

/** Every intent: gated, with the present form of callback URL, and answered with what its POST needs. */
export const asIntent = {
  gated: true,
  set: { callbackForm: 2 },
  want: ["account", "tenant", "batch", "priority", "attempt", "runTimeClass", "requeues", "callbackTaskId"],
} satisfies Pick<Move, "gated" | "set" | "want">;

/** A POST whose intent is stored; `token` is the token of the intent. */
export interface IntentRef {
  id: string;
  token: string;
  attempt: number;
  account: { name: string };
}

export type Submit = Pick<IntentRef, "id" | "token">;

/** A submit of which no task exists; `unknown`: its lease has ended meanwhile (`expireLease`). */
export interface SubmitRef extends Submit {
  from: "submitting" | "unknown";
}

/**
 * A generation in `unknown`: the token of that move, and the task id named by a callback when it was read ("": none).
 */
export interface UnknownRef {
  id: string;
  sinceToken: string;
  callbackTaskId: string;
}

/** A polled task of a running or expired generation. */
export interface TaskRef {
  id: string;
  taskId: string;
  from: "running" | "expired";
}

/**
 * Result of a finished task: its outputs, the BullMQ priority of the download, when it was found finished, and the usage
 * that the provider reports.
 */
export interface FinishedTask {
  remoteOutputs: RemoteOutput[];
  finalizePriority: number;
  finishedAtMs: number;
  usage?: Record<string, number>;
  oddStatus?: OddStatus;
}

/** What is stored of a finished task. `costMicroUsd`: default is the reserved amount. */
export interface Success {
  outputs: readonly Output[];
  /** What is not by the book, or was asked for and cannot be had. */
  warnings?: readonly string[];
  costMicroUsd?: number | undefined;
}

/** The cost of a charged attempt: what is reserved. Without a price a reserve of 0 is no cost. */
export function charged({ estimateMicroUsd, reservedMicroUsd }: GenerationRecord): { costMicroUsd?: number } {
  const isKnown = estimateMicroUsd !== undefined && reservedMicroUsd !== undefined;
  return isKnown ? { costMicroUsd: reservedMicroUsd } : {};
}

/** The cost of a failed attempt; `isFree`: its provider charges none. */
export function failureCost({ record }: Found, isFree: boolean): { costMicroUsd?: number } {
  return isFree ? { costMicroUsd: 0 } : charged(record);
}

/** Token of `expireLease`; it differs from the token of the worker's own outcome, which may still come. */
export const expired = (token: string): string => `${token}-`;

/** The record still shows exactly this submit, and after its lease no callback has named a task. */
export function noTask({ token, from }: SubmitRef): {
  token: string;
  expect: Expectation;
  clear: readonly FieldName[];
} {
  const outcome = `${token}+`;
  return from === "submitting"
    ? { token: outcome, expect: { token }, clear: [] }
    : { token: outcome, expect: { token: expired(token), callbackTaskId: "" }, clear: submitFields };
}

/** The dispatch is current, its grant holds, and no cancel is requested. */
export function expectGrant(dispatchSeq: number): Expectation {
  return { dispatchSeq, lane: "granted", notCancelRequested: true };
}

/** The state has not changed since `found` was read. */
export function expectUnchanged({ record }: Found): Expectation {
  return { token: record.token ?? "" };
}

/** The dispatch of `found` is current. */
export function expectDispatch({ record }: Found): Expectation {
  return { dispatchSeq: record.dispatchSeq };
}
