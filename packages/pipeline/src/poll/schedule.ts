import type { Account } from "../accounts.ts";
import { jittered } from "../timing.ts";

/**
 * When to poll a task again. Run times of a class are modelled as log-normal, learned from its last 64 tasks, and at
 * first estimated from the capability table. The next poll is where the expected time since an unnoticed end reaches a
 * fixed allowance: of all schedules with as many polls, this one notices ends soonest. The allowance follows from the
 * number of polls per task that the account's rate allows.
 */
export interface RunTimes {
  /** Mean and standard deviation of the logarithm of the run time in the provider's ms. */
  mu: number;
  sigma: number;
}

/** Weights of the estimate from the capability table, in tasks: a wrong median is corrected by the first task. */
const prior = { tasksForMedian: 0.25, tasksForSpread: 4, sigma: 0.35 };
/** Average polls per task, where the account's rate allows them; more where run times spread wider than `sigma`. */
const most = { polls: 8, sigma: 0.5 };
/** Due polls wait for a token in order, so planning more than the rate allows uses all of it. */
const overbooking = 1.25;
/** Bounds of one wait, in the provider's ms. */
const shortestMs = 1_000;
const longestMs = 60_000;
/** With callbacks, polls only catch a missing one. */
const sparse = { firstMs: 60_000, factor: 4, longestMs: 300_000 };

/** The estimate for the next task of a class from the run times seen so far (provider's ms). */
export function estimateRunTimes(typicalRunMs: number, seenMs: readonly number[]): RunTimes {
  const logs = seenMs.filter((ms) => ms > 0).map(Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length);
  const weight = logs.length + prior.tasksForMedian;
  const mu = (prior.tasksForMedian * Math.log(typicalRunMs) + logs.length * mean) / weight;
  const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, prior.tasksForSpread * prior.sigma ** 2);
  // wider by the uncertainty of the mean
  const variance = (squares / (logs.length + prior.tasksForSpread)) * (1 + 1 / weight);
  return { mu, sigma: Math.max(0.02, Math.sqrt(variance)) };
}

/** Provider's ms from `ageMs` to the next poll; `polls`: per task, on average. */
export function nextPollMs(
  ageMs: number,
  times: RunTimes,
  { callbacks = false, polls = mostPolls(times) }: { callbacks?: boolean; polls?: number } = {},
): number {
  const wait = Math.max(shortestMs, dueAge(ageMs, times, polls) - ageMs);
  if (callbacks) return Math.min(sparse.longestMs, Math.max(sparse.firstMs, wait * sparse.factor));
  return ageMs <= 0 ? wait : Math.min(longestMs, wait);
}

/** The part of the context that a schedule uses. */
export interface ScheduleContext {
  random: () => number;
  callbackTrust: { expects(account: Account): boolean };
  runTimes: { of(account: Account, className: string): RunTimes };
}

/** Real ms until the first poll of a new task. */
export function firstPollInMs(account: Account, className: string, ctx: ScheduleContext): number {
  return nextPollInMs(account, className, 0, ctx);
}

/** Real ms until the next poll of a task that has run for `ageMs` (real). */
export function nextPollInMs(account: Account, className: string, ageMs: number, ctx: ScheduleContext): number {
  const callbacks = ctx.callbackTrust.expects(account);
  const times = ctx.runTimes.of(account, className);
  const wait = nextPollMs(account.clock.toProviderMs(ageMs), times, {
    callbacks,
    polls: affordablePolls(account, times),
  });
  return account.clock.toRealMs(jittered(wait, ctx.random));
}

/**
 * Polls per task that the account's rate allows with all slots in use, after its submit where both are counted
 * together.
 */
export function affordablePolls(
  { limits, requestsPerMinute, polls }: Pick<Account, "limits" | "requestsPerMinute" | "polls">,
  times: RunTimes,
): number {
  const perMinute = polls?.perMinute ?? requestsPerMinute;
  if (perMinute === undefined) return mostPolls(times);
  const { mu, sigma } = times;
  const meanMinutes = Math.exp(mu + sigma ** 2 / 2) / 60_000;
  const requestsEach = (perMinute * meanMinutes) / limits.slots;
  const forPolls = polls === undefined ? requestsEach - 1 : requestsEach;
  return Math.min(mostPolls(times), Math.max(1, overbooking * forPolls));
}

function mostPolls({ sigma }: RunTimes): number {
  return most.polls * Math.max(1, sigma / most.sigma);
}

/**
 * The age at which a task that still runs at `ageMs` is expected to have been finished, unnoticed, for as long as
 * `polls` polls allow.
 */
function dueAge(ageMs: number, times: RunTimes, polls: number): number {
  const { mu, sigma } = times;
  // far out in the tail the model says nothing: wait in proportion to the age
  if (endedShare(ageMs, times) > 0.999) return ageMs * 1.1;
  const allowedMs = (sigma * Math.exp(mu)) / polls ** 2;
  let [low, high] = [ageMs, 8 * Math.max(ageMs, Math.exp(mu))];
  for (let step = 0; step < 14; step += 1) {
    const middle = (low + high) / 2;
    if (unnoticedMs(ageMs, middle, times) < allowedMs) low = middle;
    else high = middle;
  }
  return high;
}

/** How long a task that still runs at `fromMs` is expected to have been finished at `toMs`. */
function unnoticedMs(fromMs: number, toMs: number, times: RunTimes): number {
  const before = endedShare(fromMs, times);
  return (endedArea(toMs, times) - endedArea(fromMs, times) - (toMs - fromMs) * before) / (1 - before);
}

function endedShare(ageMs: number, { mu, sigma }: RunTimes): number {
  return ageMs <= 0 ? 0 : normalShare((Math.log(ageMs) - mu) / sigma);
}

/** The integral of `endedShare` up to an age. */
function endedArea(ageMs: number, times: RunTimes): number {
  const { mu, sigma } = times;
  if (ageMs <= 0) return 0;
  const partOfMean = normalShare((Math.log(ageMs) - mu) / sigma - sigma);
  return ageMs * endedShare(ageMs, times) - Math.exp(mu + sigma ** 2 / 2) * partOfMean;
}

/**
 * The share of a standard normal distribution below `z` (Zelen and Severo's approximation 26.2.17 in Abramowitz and
 * Stegun, error below 1e-7).
 */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce((sum, c) => (sum + c) * t, 0);
  const upper = (tail * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
  return z >= 0 ? 1 - upper : upper;
}
