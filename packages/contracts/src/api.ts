import type { ApiErrorBody, Problem } from "./errors.ts";
import type { Generation } from "./generation.ts";
import type { State } from "./moves.ts";

/** Expected cost of one paid attempt. `usd: null`: the price is not known; it is not free. */
export interface Price {
  usd: number | null;
  /** How it was computed, in one phrase. */
  basis: string;
}

/** Answer to `POST /v1/generations`: 202 for a new generation, 200 for one that the idempotency key already names. */
export interface Enqueued {
  generation: Generation;
  quote: Price;
  warnings: Problem[];
}

/** Result of one row of a batch. */
export type RowAnswer =
  | { line: number; status: "accepted" | "existing"; id: string; account: string; quote: Price; warnings: Problem[] }
  /**
   * Dry run: checked and priced, not accepted. `requestHash`: that of its generation. `existing`: the generation that
   * its idempotency key made before.
   */
  | {
      line: number;
      status: "valid";
      requestHash: string;
      existing?: string;
      account: string;
      quote: Price;
      warnings: Problem[];
    }
  | { line: number; status: "refused"; error: ApiErrorBody["error"] };

/** Answer to a batch in a JSON array; a batch in JSON Lines is answered with one `RowAnswer` per line. */
export interface BatchAnswer {
  rows: RowAnswer[];
}

/** Limits of one batch request; an atomic batch is a single script in Redis, hence the lower limit. */
export const batchLimits = { rows: 100_000, atomicRows: 5_000, rowBytes: 12 * 1_048_576 } as const;

/** Maximum size of one media file; no provider accepts a larger one. */
export const maxMediaBytes = 64 * 1_048_576;

export interface GenerationPage {
  generations: Generation[];
  /** Start of the next page; absent on the last page. */
  cursor?: string;
  /** The page may be short, or empty: the filter has read 10,000 generations, and goes on at the cursor. */
  scanning?: true;
}

/** Progress of a batch. */
export interface BatchView {
  name: string;
  tenant: string;
  total: number;
  /** Number of generations in a live state. */
  live: number;
  counts: Partial<Record<State, number>>;
}

export interface AccountView {
  name: string;
  provider: string;
  /** The account may spend real money: nothing at its base URL has just proved to be the simulator. */
  live: boolean;
  /** Reason of the pause; absent: not paused. */
  paused?: string;
  inFlight: number;
  slots: number;
  requestsPerMinute: number | null;
  waiting: number;
  /** Why the first queued generation waits, in one phrase; absent if none waits. */
  reason?: string;
  /** For operators only. */
  baseUrl?: string;
  spentTodayUsd?: number;
  dailyBudgetUsd?: number | null;
}

/** A file of the media store; `url` may be used in `images`, `videos` and `audios`. */
export interface MediaView {
  url: string;
  bytes: number;
  sha256: string;
  contentType: string;
}

/** A delivery: one webhook event to one endpoint. */
export interface DeliveryView {
  id: string;
  generation: string;
  url: string;
  state: "pending" | "delivered" | "exhausted";
  tries: number;
  /** The exact bytes that are sent. */
  body: string;
  createdAt: string;
  log: { at: string; note: string }[];
}

/** A task at a provider that no generation owns; it may be charged. */
export interface OrphanView {
  taskId: string;
  account: string;
  foundAt: string;
  /** The generation whose POST, or whose callback, named the task, and the task that this generation has. */
  generation?: string;
  knownTaskId?: string;
  /** The generation that has the task, where two were given the same one. */
  owner?: string;
  /** An operator has dealt with it; `by`: the tenant of the key. */
  acknowledged?: { at: string; by: string; note?: string };
}

export interface OrphanPage {
  orphans: OrphanView[];
  /** Number of all that nobody has acknowledged. */
  open: number;
}

/** Result of one check; `sentence` tells the finding or what to do. */
export interface Check {
  name: string;
  ok: boolean;
  sentence: string;
}

/** Paths, public URL and checks of this installation. For operators only. */
export interface InstallationView {
  cell: string;
  outputsDirectory: string;
  publicUrl: string | null;
  checks: Check[];
}
