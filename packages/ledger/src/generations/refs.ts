import type { RemoteOutput } from "@reelqueue/contracts";
import type { Expectation } from "./move.ts";
import type { Found } from "./read.ts";

/** A POST whose intent is stored; `token` is the token of the intent. */
export interface IntentRef {
  id: string;
  token: string;
  attempt: number;
  account: { name: string };
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
 * Result of a finished task: its outputs, the BullMQ priority of the download, and the usage that the provider reports.
 */
export interface FinishedTask {
  remoteOutputs: RemoteOutput[];
  finalizePriority: number;
  usage?: Record<string, number>;
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
