import type { Cell } from "../cell.ts";
import { pipeline, run } from "../redis/run.ts";

/** Token bucket of an account: `polls` where the provider counts polls apart, else `requests` for all. */
export type Bucket = "requests" | "polls";

/** Prefix of the bucket's fields in the stored account. */
export const storedBucket = { requests: "tokens", polls: "looks" } as const satisfies Record<Bucket, string>;

/** Starts no POST for the account until `resume`: nothing is granted, and what is granted is given back. */
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

/** Whether the account takes submits. `begin` checks the same in its script. */
export type Gate = { kind: "open" } | { kind: "paused" } | { kind: "throttled"; forMs: number };

export async function readGate(cell: Cell, account: string): Promise<Gate> {
  const [[paused, until], [seconds, micros]] = (await pipeline(cell, [
    ["hmget", cell.keys.account(account), "paused", "until"],
    ["time"],
  ])) as [(string | null)[], [string, string]];
  if (paused != null) return { kind: "paused" };
  const forMs = Number(until ?? 0) - (Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000));
  return forMs > 0 ? { kind: "throttled", forMs } : { kind: "open" };
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
