import type { Account } from "./accounts.ts";
import type { FaultPlan } from "./faults.ts";

/** A create body in terms common to all vendors, with its price. */
export interface Order {
  prompt: string;
  model: string;
  resolution: string;
  seconds: number;
  ratio: string;
  returnLastFrame: boolean;
  /** The price in micro-USD, charged when the task is accepted. */
  microUsd: number;
  tokens?: number;
  generateAudio?: boolean;
  webSearch?: boolean;
  seed?: number | undefined;
  callbackUrl?: string | undefined;
  /** The client's own id for the task: a read finds the task by it, and a repeated create returns the same task. */
  clientId?: string | undefined;
  /** How long the media are reviewed before the task may run, in provider time. */
  reviewMs?: number;
  /** How long after acceptance an unfinished task expires, in provider time. */
  expiresAfterMs?: number;
  /** The complete request; kept with the task only with `keepRequests`. */
  request: NormalizedRequest;
  /** Fields of the body that the vendor repeats in its answers. */
  echo?: Readonly<Record<string, unknown>>;
}

/** A create body under field names common to all vendors. A field that the body lacks is absent. */
export interface NormalizedRequest {
  prompt: string;
  seconds: number | "auto";
  resolution: string;
  ratio: string | undefined;
  /** URLs as received, in the order received. */
  media: {
    firstFrame: string | undefined;
    lastFrame: string | undefined;
    images: string[];
    videos: string[];
    audios: string[];
  };
  seed?: number | undefined;
  generateAudio?: boolean | undefined;
  watermark?: boolean | undefined;
  webSearch?: boolean | undefined;
  returnLastFrame?: boolean | undefined;
  safetyCheck?: boolean | undefined;
}

/** Why a task ended before it was finished. */
export type Stop = "cancelled" | "expired";
export const phases = ["queued", "running", "archiving", "succeeded", "failed", "cancelled", "expired"] as const;
export type Phase = (typeof phases)[number];
export type Failure = "upstream" | "silent" | "moderation";

/** One paid task. The prompt is not kept, to save memory. */
export interface Task {
  id: string;
  /** Unique over all vendors. */
  number: number;
  account: Account;
  order: Omit<Order, "prompt" | "request"> & { request?: NormalizedRequest };
  marker: string | undefined;
  /** The seed of every random choice about this task. */
  chance: number;
  plan: FaultPlan | undefined;
  /** The client's idempotency key and the hash of the body sent with it. */
  idempotency?: { key: string; bodyHash: string } | undefined;
  /** How long the create counts as unanswered, in provider time. */
  busyMs: number;
  acceptedAt: number;
  /** Real time at which it starts to run; `Infinity` if status reads decide. */
  runsAt: number;
  /** Real time at which it ends; `Infinity` if only status reads end it, or nothing does. */
  endsAt: number;
  /** Real time at which it expires; `Infinity` if never. */
  expiresAt: number;
  /** Number of the status read that ends it; `Infinity` if time decides. */
  endsAfterReads: number;
  /** 0 until it runs. */
  startedAt: number;
  /** 0 until it has ended. */
  endedAt: number;
  /** Why it will fail or has failed; undefined for a success. */
  failure: Failure | undefined;
  stopped: Stop | undefined;
  refunded: boolean;
  /** The vendor no longer returns the record; the bill still counts it. */
  deleted: boolean;
  reads: number;
  /** Downloads refused by `url-expired`; URLs signed before the last of them stay invalid. */
  deadUrls: number;
  timers: NodeJS.Timeout[];
}

/** INVENTED, in provider time: no vendor publishes completion times; users report one to three minutes. */
export function defaultGenerationMs({ model, resolution, seconds }: Task["order"]): { median: number; sigma: number } {
  const perSecondMs = { "480p": 4_000, "720p": 6_000, "1080p": 8_000, "4k": 12_000 }[resolution] ?? 6_000;
  const medianMs = 45_000 + perSecondMs * seconds;
  return { median: /fast|mini/.test(model) ? medianMs * 0.6 : medianMs, sigma: 0.3 };
}
