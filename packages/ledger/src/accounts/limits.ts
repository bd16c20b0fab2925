import type { Cell } from "../cell.ts";
import { pipeline, run } from "../redis/run.ts";

/** Token bucket of an account: `polls` where the provider counts polls apart, else `requests` for all. */
export type Bucket = "requests" | "polls";

/** Prefix of the bucket's fields in the stored account. */
export const storedBucket = { requests: "tokens", polls: "looks" } as const satisfies Record<Bucket, string>;

/** Sends nothing for the account until `resume`. */
export async function pause(cell: Cell, account: string, reason: string): Promise<void> {
  await pipeline(cell, [["hset", cell.keys.account(account), "paused", reason]]);
}

/** `pause`, unless the account is paused already: false, and its reason stays. */
export async function pauseAutomatically(cell: Cell, account: string, reason: string): Promise<boolean> {
  const [isNew] = await pipeline(cell, [["hsetnx", cell.keys.account(account), "paused", reason]]);
  return isNew === 1;
}

/** Ends a pause and every throttle. */
export async function resume(cell: Cell, account: string): Promise<void> {
  await pipeline(cell, [["hdel", cell.keys.account(account), "paused", "until", "untilWhy", "looksUntil"]]);
}

export interface ThrottleOptions {
  /** Default: `requests`. */
  bucket?: Bucket;
  /** Default: the provider asked for it. */
  reason?: string;
}

/** Sends no request of the bucket for `forMs`; never shortens a longer throttle. */
export async function throttle(
  cell: Cell,
  account: string,
  forMs: number,
  { bucket = "requests", reason = "" }: ThrottleOptions = {},
): Promise<void> {
  await run(cell, "throttle", [account, Math.round(forMs), storedBucket[bucket], reason]);
}

/** A bucket with its rate (tokens per ms; 0: no limit); `reserve` tokens are left to others. */
export interface BucketLimits {
  of: Bucket;
  rate: number;
  burst: number;
  reserve: number;
}

/** Takes a token for one request; 0, or the ms until one is there. */
export async function takeToken(
  cell: Cell,
  account: string,
  { of, rate, burst, reserve }: BucketLimits,
): Promise<number> {
  return Number(await run<string>(cell, "take_token", [account, rate, burst, reserve, storedBucket[of]]));
}

/**
 * Adds the cost of a possible double charge to the account's risk of the UTC day; false, and nothing added, above the
 * cap.
 */
export async function reserveRiskBudget(
  cell: Cell,
  account: string,
  microUsd: number,
  capMicroUsd: number,
): Promise<boolean> {
  const args = [account, Math.round(microUsd), Math.round(capMicroUsd)];
  return (await run<number>(cell, "reserve_risk_budget", args)) === 1;
}
