import fc from "fast-check";
import { expect, test } from "vitest";
import { affordablePolls, estimateRunTimes, nextPollMs, normalShare } from "./schedule.ts";

/** A seeded stand-in for the provider: log-normal run times. */
function runTimes(medianMs: number, sigma: number, count: number): number[] {
  let state = 42;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state + 0.5) / 2_147_483_648;
  };
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => medianMs * Math.exp(sigma * normal()));
}

function watchOne(runMs: number, seen: readonly number[], typicalMs: number) {
  const estimate = estimateRunTimes(typicalMs, seen);
  let [age, last, polls] = [0, 0, 0];
  while (age < runMs) {
    last = age;
    age += nextPollMs(age, estimate);
    polls += 1;
  }
  return { polls, lateMs: age - runMs, learnedMs: (last + age) / 2 };
}

test.each([
  [120_000, 0.3],
  [60_000, 0.5],
  [300_000, 0.2],
])("median %d ms, sigma %d: ends are noticed soon, with few polls, once run times are learned", (median, sigma) => {
  const seen: number[] = [];
  let [polls, late, run] = [0, 0, 0];
  for (const [i, ms] of runTimes(median, sigma, 600).entries()) {
    const watched = watchOne(ms, seen.slice(-64), 120_000);
    seen.push(watched.learnedMs);
    if (i < 100) continue;
    polls += watched.polls;
    late += watched.lateMs;
    run += ms;
  }
  expect(polls / 500).toBeLessThan(8);
  // the delay grows with the spread; no schedule of eight polls comes below about an eighth of it
  expect(late / run).toBeLessThan(0.16 * sigma);
});

test("a task far beyond all learned run times is polled at least once a minute", () => {
  const estimate = estimateRunTimes(120_000, runTimes(120_000, 0.2, 64));
  for (const age of [600_000, 3_600_000, 86_400_000]) expect(nextPollMs(age, estimate)).toBeLessThanOrEqual(60_000);
});

test("with callbacks: polls 1 to 5 min apart", () => {
  const estimate = estimateRunTimes(120_000, []);
  for (const age of [0, 30_000, 120_000, 600_000]) {
    const wait = nextPollMs(age, estimate, { callbacks: true });
    expect(wait).toBeGreaterThanOrEqual(60_000);
    expect(wait).toBeLessThanOrEqual(300_000);
  }
});

test("every wait is within its bounds, whatever was learned", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100_000_000 }), { maxLength: 64 }),
      fc.integer({ min: 1, max: 100_000_000 }),
      (seen, age) => {
        const wait = nextPollMs(age, estimateRunTimes(120_000, seen));
        return wait >= 1_000 && wait <= 60_000;
      },
    ),
  );
});

test("a wrong estimate in the capability table affects only the first tasks", () => {
  const seen: number[] = [];
  for (const ms of runTimes(75_000, 0.3, 3)) seen.push(watchOne(ms, seen, 300_000).learnedMs);
  const { mu, sigma } = estimateRunTimes(300_000, seen);
  expect(Math.exp(mu)).toBeLessThan(110_000);
  expect(sigma).toBeLessThan(0.6);
  const late = runTimes(75_000, 0.3, 40).map((ms) => watchOne(ms, [], 300_000).lateMs);
  expect(late.reduce((sum, ms) => sum + ms, 0) / 40).toBeLessThan(45_000);
});

test("polls per task: as many as the account's rate allows, at most eight", () => {
  const account = (slots: number) => ({
    requestsPerMinute: 60,
    limits: { slots, rate: 1, burst: 6, window: 10, leaseMs: 1, weights: {} },
  });
  const minuteLong = estimateRunTimes(60_000, runTimes(60_000, 0.2, 64));
  expect(affordablePolls(account(2), minuteLong)).toBe(8);
  expect(affordablePolls(account(10), minuteLong)).toBeGreaterThan(5);
  expect(affordablePolls(account(100), minuteLong)).toBe(1);
  const pollsWith = (polls: number) => {
    const runs = runTimes(60_000, 0.2, 500);
    const each = runs.map((ms) => {
      let [age, count] = [0, 0];
      while (age < ms) {
        age += nextPollMs(age, minuteLong, { polls });
        count += 1;
      }
      return count;
    });
    return each.reduce((sum, count) => sum + count, 0) / runs.length;
  };
  for (const polls of [2, 4, 8]) {
    expect(pollsWith(polls)).toBeGreaterThan(0.9 * polls);
    expect(pollsWith(polls)).toBeLessThan(1.1 * polls);
  }
});

test("the share of the normal distribution below a value", () => {
  expect(normalShare(0)).toBeCloseTo(0.5, 6);
  expect(normalShare(1.959964)).toBeCloseTo(0.975, 6);
  expect(normalShare(-1.281552)).toBeCloseTo(0.1, 6);
});
