import { type Account, callsBack } from "../account.ts";
import { jittered } from "../backoff.ts";
import type { Deps } from "../deps.ts";
import { normalQuantile, normalShare } from "./normal.ts";

/**
 * When to look at a task again. Run times of a class are taken as log-normal, learned from its last 64 tasks and at first guessed from the
 * capability table; the next look is put where a fixed share of the tasks still running will have ended. So looks gather where tasks end.
 */
export interface RunTimes {
  /** Mean and standard deviation of the logarithm of the run time in the provider's ms. */
  mu: number;
  sigma: number;
}

const prior = { weight: 4, sigma: 0.35 };
/** Share of tasks that may have ended unseen before the first look. */
const firstShare = 0.04;
/** Share of those still running that may end unseen before each next look: smaller means more looks and less delay. */
const nextShare = { least: 0.18, most: 0.6 };
/** Bounds of one wait, in the provider's ms. */
const shortestMs = 1_000;
const longestMs = 60_000;
/** With callbacks, looks only reconcile. */
const sparse = { firstMs: 60_000, factor: 4, longestMs: 300_000 };

/** What is believed of a class after the run times seen so far (provider's ms). */
export function believe(typicalRunMs: number, seenMs: readonly number[]): RunTimes {
  const center = Math.log(typicalRunMs);
  const logs = seenMs.filter((ms) => ms > 0).map(Math.log);
  const weight = logs.length + prior.weight;
  const mu = (prior.weight * center + logs.reduce((sum, log) => sum + log, 0)) / weight;
  const spread =
    prior.weight * (prior.sigma ** 2 + (center - mu) ** 2 * (logs.length === 0 ? 0 : prior.weight / weight));
  const variance = (spread + logs.reduce((sum, log) => sum + (log - mu) ** 2, 0)) / weight;
  return { mu, sigma: Math.max(0.02, Math.sqrt(variance)) };
}

/** Ms of the provider from `ageMs` to the next look. */
export function nextLook(
  ageMs: number,
  { mu, sigma }: RunTimes,
  options: { callbacks?: boolean; share?: number } = {},
): number {
  const share = ageMs <= 0 ? firstShare : (options.share ?? nextShare.least);
  const ended = ageMs <= 0 ? 0 : normalShare((Math.log(ageMs) - mu) / sigma);
  const target = ended + share * (1 - ended);
  // Far out in the tail the curve says nothing any more: wait in proportion to the age.
  const next = target > 0.999 ? ageMs * 1.1 : Math.exp(mu + sigma * normalQuantile(target));
  const wait = Math.min(longestMs, Math.max(shortestMs, next - ageMs));
  if (!options.callbacks) return ageMs <= 0 ? Math.max(shortestMs, next) : wait;
  return Math.min(sparse.longestMs, Math.max(sparse.firstMs, wait * sparse.factor));
}

/** Real ms until a new task is first looked at. */
export function firstLookMs(
  account: Account,
  className: string,
  deps: Pick<Deps, "random" | "publicUrl" | "runTimes">,
): number {
  return lookInMs(account, className, 0, deps);
}

/** Real ms until a task that has run for `ageMs` (real) is looked at again. */
export function lookInMs(
  account: Account,
  className: string,
  ageMs: number,
  deps: Pick<Deps, "random" | "publicUrl" | "runTimes">,
): number {
  const callbacks = callsBack(account, deps.publicUrl);
  const times = deps.runTimes.of(account, className);
  const wait = nextLook(ageMs * account.timeScale, times, { callbacks, share: affordableShare(account, times) });
  return jittered(wait, deps.random) / account.timeScale;
}

/** With all slots full, how finely may tasks be looked at before the looks eat the account's rate? A task takes about 1 + 0.85 / share looks. */
export function affordableShare(
  { limits, requestsPerMinute }: Pick<Account, "limits" | "requestsPerMinute">,
  { mu, sigma }: RunTimes,
): number {
  if (requestsPerMinute === undefined) return nextShare.least;
  const meanMinutes = Math.exp(mu + sigma ** 2 / 2) / 60_000;
  const looksEach = (0.9 * requestsPerMinute * meanMinutes) / limits.slots - 1;
  return Math.min(nextShare.most, Math.max(nextShare.least, 0.85 / Math.max(0.1, looksEach - 1)));
}
