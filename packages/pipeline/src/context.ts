import type { Egress } from "@reelqueue/egress";
import { type Cell, retryUntilStored, type Transitions } from "@reelqueue/ledger";
import type { MediaStore, OutputStore, Prober } from "@reelqueue/media";
import type { Queues } from "@reelqueue/queue";
import type { Logger, Metrics } from "@reelqueue/runtime";
import type { Accounts } from "./accounts.ts";
import type { CallbackTrust } from "./poll/callback-trust.ts";
import type { LearnedRunTimes } from "./poll/run-times.ts";
import type { Timing } from "./timing.ts";

/** What every stage works with. Opened by `openContext`. */
export interface Context {
  cell: Cell;
  /** Every change of a generation's state. */
  transitions: Transitions;
  queues: Queues;
  accounts: Accounts;
  http: Egress;
  log: Logger;
  meters: StageMetrics;
  secrets: Secrets;
  /** Root URL of callbacks and outputs; absent: no callbacks, polls only. */
  publicUrl?: string;
  media: MediaStore;
  outputs: OutputStore;
  /** Reads the format, size and length of a media file. */
  prober: Prober;
  runTimes: LearnedRunTimes;
  callbackTrust: CallbackTrust;
  /** From 0 up to 1; the jitter of every timer. */
  random: () => number;
  /** Why nothing may be submitted now, as a sentence; `undefined`: submits are allowed. */
  submitRefusal: () => string | undefined;
  /** Why nothing may be accepted now, as a sentence; `undefined`: accepting is allowed. */
  acceptRefusal: () => string | undefined;
  timing: Timing;
  /** Runs admission of the account at once: a slot, a token or room is free. */
  wakeAdmission: (account: string) => void;
  /** Calls `listener` for every `wakeAdmission`, until disposed. */
  onWakeAdmission: (listener: (account: string) => void) => Disposable;
  /** Called between named steps. Only entry files of tests set it, to crash there. */
  crashPoint?: (point: CrashPoint, id: string) => void | Promise<void>;
}

export interface Secrets {
  /** Signs the token in a callback URL. */
  callbackKey: Buffer;
  /** Signing secrets of a tenant's webhooks, newest first. */
  webhookSecrets: (tenant: string) => string[];
}

/** Where tests crash a process. */
export type CrashPoint =
  | "accept:before-write"
  | "accept:after-write"
  | "admit:after-grant"
  | "admit:after-jobs"
  | "submit:before-intent"
  | "submit:after-intent"
  | "submit:after-answer"
  | "submit:after-bind"
  | "reconcile:after-answer"
  | "poll:after-claim"
  | "poll:after-answer"
  | "poll:after-move"
  | "poll:after-jobs"
  | "finalize:after-download"
  | "finalize:before-move"
  | "finalize:after-move"
  | "deliver:after-claim"
  | "deliver:after-send"
  | "deliver:after-record";

/** Counters of the stages, served under /metrics. */
export function createStageMetrics(metrics: Metrics) {
  return {
    submits: metrics.counter("submits_total", "POSTs by outcome", ["account", "outcome"]),
    givenBack: metrics.counter(
      "submits_given_back_total",
      "Granted generations that were given back, because their account was paused or throttled before the POST",
      ["account", "why"],
    ),
    polls: metrics.counter("polls_total", "Polls by answer", ["account", "answer"]),
    unknownStatuses: metrics.counter(
      "unknown_statuses_total",
      "Poll answers with a status that the provider does not document",
      ["account"],
    ),
    ends: metrics.counter("generations_total", "Generations that ended, by final state", ["account", "state"]),
    outputBytes: metrics.counter("output_bytes_total", "Bytes of stored outputs"),
    deliveries: metrics.counter("deliveries_total", "Webhook tries by outcome", ["outcome"]),
    alarms: metrics.counter("alarms_total", "Events that need an operator", ["kind"]),
  };
}

export type StageMetrics = ReturnType<typeof createStageMetrics>;

/** Repeats a write that must not be lost until Redis has stored it. */
export function untilStored<T>({ log }: Pick<Context, "log">, write: () => Promise<T>): Promise<T> {
  return retryUntilStored(write, (err) =>
    log.error({ event: "ledger.retrying", err }, "write failed, retrying until Redis takes it"),
  );
}
