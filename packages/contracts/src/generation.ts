import type { State } from "./moves.ts";
import type { GenerationRequest } from "./request.ts";

/** Class of a failure: what an operator or a caller can do about it. */
export const failureClasses = [
  /** The provider refused the request as invalid: fix it. */
  "rejected",
  /** The provider's content rules refused the input: the same request is refused again. */
  "input_refused",
  /** The provider's content rules refused the generated output: another attempt may pass. */
  "output_refused",
  /** The provider's content rules refused the input or the output; its answer does not say which. */
  "moderation",
  /** The provider reports a failure on its side; a new attempt may succeed. */
  "upstream",
  /** Failed for an unknown reason; not retried automatically. */
  "unclassified",
  /** Charged, but the output could not be downloaded. */
  "output_lost",
  /** The submit was never resolved and an operator gave it up: it may have been charged. */
  "billing_uncertain",
] as const;
export type FailureClass = (typeof failureClasses)[number];

/** Classes after which a manual new attempt cannot pay twice for one result. */
export const safeToRetry: readonly FailureClass[] = [
  "upstream",
  "unclassified",
  "input_refused",
  "output_refused",
  "moderation",
  "rejected",
];

export interface Failure {
  class: FailureClass;
  /** The provider's error code, if any. */
  code?: string;
  message: string;
}

export type OutputKind = "video" | "last_frame";

/** A file that the provider offers for download. */
export interface RemoteOutput {
  kind: OutputKind;
  url: string;
  /** Expiry of the URL: a time (ms since 1970) or a duration from now (provider's ms); absent if not stated. */
  life?: { untilMs: number } | { lastsMs: number };
  /** Listed beside a status that no document names: it may be a preview. */
  tentative?: true;
}

/** A file in the output store. */
export interface Output {
  kind: OutputKind;
  /** Path relative to the root of the output store. */
  key: string;
  bytes: number;
  sha256: string;
  contentType: string;
}

/** One entry of a generation's timeline. */
export interface TimelineEntry {
  at: string;
  state: State;
  note?: string;
}

/** Public view of a generation in the API, the CLI and the dashboard. Times are ISO 8601, amounts USD. */
export interface Generation {
  id: string;
  state: State;
  account: string;
  provider: string;
  tenant: string;
  request: GenerationRequest;
  /** Equal for equal requests: same batch, account and content, whatever their idempotency keys. */
  requestHash: string;
  /** Number of the current paid attempt, from 1. */
  attempt: number;
  taskId?: string;
  /** Percent, if the provider reports it. */
  progress?: number;
  /** Why a queued generation waits, in one phrase. */
  waiting?: string;
  failure?: Failure;
  cancelRequested?: boolean;
  createdAt: string;
  updatedAt: string;
  finishedAt?: string;
  expiresAt?: string;
  /** `null`: the price is not known; it is not free. */
  cost: { estimateUsd: number | null; settledUsd: number | null };
  outputs: Output[];
  /** What is not by the book about the outputs, or was asked for and could not be had. */
  warnings?: string[];
  timeline: TimelineEntry[];
}

/** The BullMQ queues, by stage. They only schedule work; the ledger holds the truth. */
export const queues = {
  submit: { name: "submit", does: "one POST that creates the paid task" },
  poll: { name: "poll", does: "the repeatable tick that wakes the pollers" },
  finalize: { name: "finalize", does: "downloads the outputs of one finished task" },
} as const;
export type QueueName = keyof typeof queues;

/** Payload of a job: it names the record and never holds the request. */
export interface JobRef {
  generation: string;
  /** Dispatch number in the record; a job with another number is stale and ends without effect. */
  dispatchSeq: number;
}

/** BullMQ job id of one dispatch (BullMQ refuses ids with a colon and ids of digits only). */
export function jobId(stage: QueueName, { generation, dispatchSeq }: JobRef): string {
  return `${stage}-${generation}-${dispatchSeq}`;
}
