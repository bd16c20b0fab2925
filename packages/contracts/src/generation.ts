import type { State } from "./moves.ts";
import type { GenerationRequest } from "./request.ts";

/** Why a generation failed, in classes that a person can act on. */
export const failureClasses = [
  /** The request is invalid: fix it. */
  "rejected",
  /** The provider's content rules refused the input or the output. */
  "moderation",
  /** The provider says that it failed on its side; a new attempt may work. */
  "upstream",
  /** It failed and nothing says why; not retried by itself. */
  "unclassified",
  /** Paid, and the file could not be had. */
  "output_lost",
  /** Its submit was never resolved and was given up: it may have been charged. */
  "billing_uncertain",
] as const;
export type FailureClass = (typeof failureClasses)[number];

/** The failure classes after which a new paid attempt may be made by hand without the risk of paying twice for one result. */
export const safeToRetry: readonly FailureClass[] = ["upstream", "unclassified", "moderation", "rejected"];

export interface Failure {
  class: FailureClass;
  /** The provider's own code, where it gave one. */
  code?: string;
  message: string;
}

export type OutputKind = "video" | "last_frame";

/** A file that the provider offers for download. */
export interface RemoteOutput {
  kind: OutputKind;
  url: string;
  /** Until when the URL works: an instant (ms since 1970), or a time from now in the provider's own ms; absent if not told. */
  life?: { untilMs: number } | { lastsMs: number };
}

/** A file that was kept. */
export interface Output {
  kind: OutputKind;
  /** Where it lies in the output store, relative to its root. */
  key: string;
  bytes: number;
  sha256: string;
  contentType: string;
}

/** One line of a generation's timeline. */
export interface TimelineEntry {
  at: string;
  state: State;
  note?: string;
}

/** A generation as every front door shows it: API, CLI, dashboard, webhook. Times are ISO 8601, money is USD. */
export interface Generation {
  id: string;
  state: State;
  account: string;
  provider: string;
  tenant: string;
  request: GenerationRequest;
  /** The paid attempt that this is about, from 1. */
  attempt: number;
  taskId?: string;
  /** 0 to 100 where the provider tells. */
  progress?: number;
  /** Why a queued generation waits, in one phrase. */
  waiting?: string;
  failure?: Failure;
  cancelRequested?: boolean;
  createdAt: string;
  updatedAt: string;
  finishedAt?: string;
  expiresAt?: string;
  /** `null` means that no price is known, which is not the same as free. */
  cost: { estimateUsd: number | null; settledUsd: number | null };
  outputs: Output[];
  timeline: TimelineEntry[];
}
