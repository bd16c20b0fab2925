import { type Account, callsBack } from "../accounts.ts";
import { jittered } from "../timing.ts";
/**
 * When to look at a task again. Run times of a class are taken as log-normal, learned from its last 64 tasks and at first guessed from the
 * capability table. The next look is put where a task that still runs now is expected to have lain finished, unseen, for a fixed allowance:
 * of all schedules with as many looks, this one notices ends soonest. The allowance follows from how many looks the account's rate carries.
 */
export interface RunTimes {
  /** Mean and standard deviation of the logarithm of the run time in the provider's ms. */
  mu: number;
  sigma: number;
}

/** The table's guess of the middle is worth a quarter of a task seen: where it is wrong, the first tasks tell. */
const prior = { tasksForMiddle: 0.25, tasksForSpread: 4, sigma: 0.35 };
/** Looks that a task gets on average where the account's rate carries them, and more where run times spread wider than this. */
const most = { looks: 8, sigma: 0.5 };
/** Looks that are due wait for their token in order, so asking for more than the rate carries leaves none of it unused. */
const overbooking = 1.25;
/** Bounds of one wait, in the provider's ms. */
const shortestMs = 1_000;
const longestMs = 60_000;
/** With callbacks, looks only reconcile. */
const sparse = { firstMs: 60_000, factor: 4, longestMs: 300_000 };

/** What is believed of the next task of a class after the run times seen so far (provider's ms). */
export function believe(typicalRunMs: number, seenMs: readonly number[]): RunTimes {
  const logs = seenMs.filter((ms) => ms > 0).map(Math.log);
  const middle = logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length);
  const weight = logs.length + prior.tasksForMiddle;
  const mu = (prior.tasksForMiddle * Math.log(typicalRunMs) + logs.length * middle) / weight;
  const squares = logs.reduce((sum, log) => sum + (log - middle) ** 2, prior.tasksForSpread * prior.sigma ** 2);
  // Wider by how little is known of the middle.
  const variance = (squares / (logs.length + prior.tasksForSpread)) * (1 + 1 / weight);
  return { mu, sigma: Math.max(0.02, Math.sqrt(variance)) };
}

/** Ms of the provider from `ageMs` to the next look, with so many looks at each task on average. */
export function nextPollMs(
  ageMs: number,
  times: RunTimes,
  { callbacks = false, looks = mostPolls(times) }: { callbacks?: boolean; looks?: number } = {},
): number {
  const wait = Math.max(shortestMs, dueAge(ageMs, times, looks) - ageMs);
  if (callbacks) return Math.min(sparse.longestMs, Math.max(sparse.firstMs, wait * sparse.factor));
  return ageMs <= 0 ? wait : Math.min(longestMs, wait);
}

/** What the schedule takes of a context; `runTimes` says what is believed of a class. */
interface ScheduleContext {
  random: () => number;
  publicUrl?: string;
  runTimes: { of(account: Account, className: string): RunTimes };
}

/** Real ms until a new task is first looked at. */
export function firstPollInMs(account: Account, className: string, ctx: ScheduleContext): number {
  return nextPollInMs(account, className, 0, ctx);
}

/** Real ms until a task that has run for `ageMs` (real) is looked at again. */
export function nextPollInMs(account: Account, className: string, ageMs: number, ctx: ScheduleContext): number {
  const callbacks = callsBack(account, ctx.publicUrl);
  const times = ctx.runTimes.of(account, className);
  const wait = nextPollMs(ageMs * account.timeScale, times, { callbacks, looks: affordablePolls(account, times) });
  return jittered(wait, ctx.random) / account.timeScale;
}

/** With all slots full, how many looks at each task does the account's rate carry (beside its submit, where they are counted together)? */
export function affordablePolls(
  { limits, requestsPerMinute, polls: looks }: Pick<Account, "limits" | "requestsPerMinute" | "polls">,
  times: RunTimes,
): number {
  const perMinute = looks?.perMinute ?? requestsPerMinute;
  if (perMinute === undefined) return mostPolls(times);
  const { mu, sigma } = times;
  const meanMinutes = Math.exp(mu + sigma ** 2 / 2) / 60_000;
  const requestsEach = (perMinute * meanMinutes) / limits.slots;
  const forLooks = looks === undefined ? requestsEach - 1 : requestsEach;
  return Math.min(mostPolls(times), Math.max(1, overbooking * forLooks));
}

function mostPolls({ sigma }: RunTimes): number {
  return most.looks * Math.max(1, sigma / most.sigma);
}

/** The age at which a task that runs at `ageMs` is expected to have lain finished for as long as `looks` looks allow. */
function dueAge(ageMs: number, times: RunTimes, looks: number): number {
  const { mu, sigma } = times;
  // Far out in the tail the curve says nothing any more: wait in proportion to the age.
  if (shareEnded(ageMs, times) > 0.999) return ageMs * 1.1;
  const allowedMs = (sigma * Math.exp(mu)) / looks ** 2;
  let [low, high] = [ageMs, 8 * Math.max(ageMs, Math.exp(mu))];
  for (let step = 0; step < 14; step += 1) {
    const middle = (low + high) / 2;
    if (unseenMs(ageMs, middle, times) < allowedMs) low = middle;
    else high = middle;
  }
  return high;
}

/** How long a task that runs at `fromMs` is expected to have lain finished at `toMs`. */
function unseenMs(fromMs: number, toMs: number, times: RunTimes): number {
  const before = shareEnded(fromMs, times);
  return (areaEnded(toMs, times) - areaEnded(fromMs, times) - (toMs - fromMs) * before) / (1 - before);
}

function shareEnded(ageMs: number, { mu, sigma }: RunTimes): number {
  return ageMs <= 0 ? 0 : normalShare((Math.log(ageMs) - mu) / sigma);
}

/** The integral of `shareEnded` up to an age. */
function areaEnded(ageMs: number, times: RunTimes): number {
  const { mu, sigma } = times;
  if (ageMs <= 0) return 0;
  const partOfMean = normalShare((Math.log(ageMs) - mu) / sigma - sigma);
  return ageMs * shareEnded(ageMs, times) - Math.exp(mu + sigma ** 2 / 2) * partOfMean;
}

/** Share of a standard normal distribution below `z` (Zelen and Severo's approximation 26.2.17 in Abramowitz and Stegun, error below 1e-7). */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce((sum, c) => (sum + c) * t, 0);
  const upper = (tail * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
  return z >= 0 ? 1 - upper : upper;
}
