import type { Egress } from "@reelqueue/egress";
import { type Cell, retryUntilStored, type Transitions } from "@reelqueue/ledger";
import type { MediaStore, OutputStore, Prober } from "@reelqueue/media";
import type { Queues } from "@reelqueue/queue";
import type { Logger, Metrics } from "@reelqueue/runtime";
import type { Accounts } from "./accounts.ts";
import type { LearnedRunTimes } from "./poll/run-times.ts";
import type { Timing } from "./timing.ts";
/** What every stage works with. Opened by an app, in order. */
export interface Context {
  cell: Cell;
  /** Every change of a state. */
  transitions: Transitions;
  queues: Queues;
  accounts: Accounts;
  http: Egress;
  log: Logger;
  meters: StageMetrics;
  secrets: Secrets;
  /** Root under which providers reach our callbacks and customers our outputs; absent: poll only. */
  publicUrl?: string;
  media: MediaStore;
  outputs: OutputStore;
  /** Says what a media file really is. */
  prober: Prober;
  runTimes: LearnedRunTimes;
  /** 0 up to 1; jitter of every timer. */
  random: () => number;
  /** Is Redis safe enough to spend money on? A sentence says why not. */
  submitRefusal: () => string | undefined;
  /** Has Redis room for new generations? A sentence says why not. */
  acceptRefusal: () => string | undefined;
  timing: Timing;
  /** A slot, a token or room came free: admission of the account runs at once. */
  wakeAdmission: (account: string) => void;
  /** Hears of it while it is not disposed. */
  onWakeAdmission: (listener: (account: string) => void) => Disposable;
  /** Called between named steps; only entry files of tests supply it, to crash there. */
  crashPoint?: (point: CrashPoint, id: string) => void | Promise<void>;
}

export interface Secrets {
  /** Key of the token in a callback's URL. */
  callbackKey: Buffer;
  /** Secrets that a tenant's webhooks are signed with, newest first. */
  webhookSecrets: (tenant: string) => string[];
}

/** The places at which a crash is rehearsed. */
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

/** What is counted of the stages, under /metrics. */
export function createStageMetrics(metrics: Metrics) {
  return {
    submits: metrics.counter("submits_total", "POSTs by outcome", ["account", "outcome"]),
    polls: metrics.counter("polls_total", "Looks at tasks by answer", ["account", "answer"]),
    unknownStatuses: metrics.counter("unknown_statuses_total", "Statuses that a provider's documents do not name", [
      "account",
    ]),
    ends: metrics.counter("generations_total", "Generations that came to rest", ["account", "state"]),
    outputBytes: metrics.counter("output_bytes_total", "Bytes of outputs kept"),
    deliveries: metrics.counter("deliveries_total", "Webhook tries by outcome", ["outcome"]),
    alarms: metrics.counter("alarms_total", "Things that a person should look at", ["kind"]),
  };
}

export type StageMetrics = ReturnType<typeof createStageMetrics>;

/** Repeats a write that must not be lost until Redis takes it. */
export function untilStored<T>({ log }: Pick<Context, "log">, write: () => Promise<T>): Promise<T> {
  return retryUntilStored(write, (err) =>
    log.error({ event: "ledger.retrying", err }, "write failed, retrying until Redis takes it"),
  );
}
