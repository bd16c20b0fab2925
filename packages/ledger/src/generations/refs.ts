import type { RemoteOutput } from "@reelqueue/contracts";

/** A POST whose intent is written; `token` names the intent. */
export interface IntentRef {
  id: string;
  token: string;
  attempt: number;
  account: { name: string };
}

/** A generation in `unknown`: the token under which it came there, and the task id that a callback had named when it was read ("": none). */
export interface UnknownRef {
  id: string;
  sinceToken: string;
  callbackTaskId: string;
}

/** A task that is polled, of a generation that runs or has expired. */
export interface TaskRef {
  id: string;
  taskId: string;
  from: "running" | "expired";
}

/** What is to be downloaded, when that becomes urgent (BullMQ priority), and what the provider says it used. */
export interface FinishedTask {
  remoteOutputs: RemoteOutput[];
  finalizePriority: number;
  usage?: Record<string, number>;
}
