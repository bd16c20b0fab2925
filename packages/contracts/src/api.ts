import type { ApiErrorBody } from "./errors.ts";
import type { Generation } from "./generation.ts";
import type { State } from "./moves.ts";
import type { Problem } from "./problem.ts";

/** What one paid attempt is expected to cost. `usd: null` means that no price is known, which is not the same as free. */
export interface Price {
  usd: number | null;
  /** How it was worked out, in one phrase. */
  basis: string;
}

/** Answer to `POST /v1/generations`: 202 where it is new, 200 where the idempotency key had made it before. */
export interface Enqueued {
  generation: Generation;
  quote: Price;
  warnings: Problem[];
}

/** What became of one row of a batch. */
export type RowAnswer =
  | { line: number; status: "accepted" | "existing"; id: string; account: string; quote: Price; warnings: Problem[] }
  /** Checked and priced only: a dry run. */
  | { line: number; status: "valid"; account: string; quote: Price; warnings: Problem[] }
  | { line: number; status: "refused"; error: ApiErrorBody["error"] };

/** Answer to a batch that was sent as a JSON array; one sent as JSON Lines is answered with one row in each line. */
export interface BatchAnswer {
  rows: RowAnswer[];
}

/** Rows that one request may hold; an atomic one is a single script in Redis, so it may hold fewer. */
export const batchLimits = { rows: 100_000, atomicRows: 5_000, rowBytes: 12 * 1_048_576 } as const;

/** More than any provider takes of one file. */
export const mostMediaBytes = 64 * 1_048_576;

export interface GenerationPage {
  generations: Generation[];
  /** Where the next page begins; absent on the last one. */
  cursor?: string;
}

/** How far a batch is. */
export interface BatchView {
  name: string;
  tenant: string;
  total: number;
  /** How many still need work. */
  live: number;
  counts: Partial<Record<State, number>>;
}

export interface AccountView {
  name: string;
  provider: string;
  /** It spends real money: its provider is neither an address of this machine nor one that lives faster than real time. */
  live: boolean;
  /** Why nothing is sent for it; absent: it is not paused. */
  paused?: string;
  inFlight: number;
  slots: number;
  requestsPerMinute: number | null;
  waiting: number;
  /** Why the first one in line waits, in one phrase; absent where none waits. */
  reason?: string;
  /** For operators only. */
  baseUrl?: string;
  spentTodayUsd?: number;
  dailyBudgetUsd?: number | null;
}

/** A file of the media store, to be named in `images`, `videos` and `audios`. */
export interface MediaView {
  url: string;
  bytes: number;
  sha256: string;
  contentType: string;
}

/** One event on its way to one endpoint. */
export interface DeliveryView {
  id: string;
  generation: string;
  url: string;
  state: "pending" | "delivered" | "exhausted";
  tries: number;
  /** Byte for byte what is sent. */
  body: string;
  createdAt: string;
  log: { at: string; note: string }[];
}

/** One thing that was looked at; the sentence says what it found, or what to do. */
export interface Check {
  name: string;
  ok: boolean;
  sentence: string;
}

/** Where this installation keeps its files, and what stands in its way. For operators only. */
export interface InstallationView {
  cell: string;
  outputsDirectory: string;
  publicUrl: string | null;
  checks: Check[];
}
