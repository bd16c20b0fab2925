import fc from "fast-check";
import { expect, test } from "vitest";
import { affordablePolls, believe, nextPollMs, normalShare } from "./schedule.ts";

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
  const belief = believe(typicalMs, seen);
  let [age, last, looks] = [0, 0, 0];
  while (age < runMs) {
    last = age;
    age += nextPollMs(age, belief);
    looks += 1;
  }
  return { looks, lateMs: age - runMs, learnedMs: (last + age) / 2 };
}

test.each([
  [120_000, 0.3],
  [60_000, 0.5],
  [300_000, 0.2],
])(
  "tasks of median %d ms, sigma %d, are noticed soon with few looks, once their times are learned",
  (median, sigma) => {
    const seen: number[] = [];
    let [looks, late, run] = [0, 0, 0];
    for (const [i, ms] of runTimes(median, sigma, 600).entries()) {
      const watched = watchOne(ms, seen.slice(-64), 120_000);
      seen.push(watched.learnedMs);
      if (i < 100) continue;
      looks += watched.looks;
      late += watched.lateMs;
      run += ms;
    }
    expect(looks / 500).toBeLessThan(8);
    // the spread is what makes ends hard to meet; no schedule of eight looks comes below about an eighth of it
    expect(late / run).toBeLessThan(0.16 * sigma);
  },
);

test("a task that runs far beyond all others is still looked at, ever less often but at least once a minute", () => {
  const belief = believe(120_000, runTimes(120_000, 0.2, 64));
  for (const age of [600_000, 3_600_000, 86_400_000]) expect(nextPollMs(age, belief)).toBeLessThanOrEqual(60_000);
});

test("with callbacks, looks only reconcile", () => {
  const belief = believe(120_000, []);
  for (const age of [0, 30_000, 120_000, 600_000]) {
    const wait = nextPollMs(age, belief, { callbacks: true });
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
        const wait = nextPollMs(age, believe(120_000, seen));
        return wait >= 1_000 && wait <= 60_000;
      },
    ),
  );
});

test("a wrong guess of the table costs only the first tasks", () => {
  const seen: number[] = [];
  for (const ms of runTimes(75_000, 0.3, 3)) seen.push(watchOne(ms, seen, 300_000).learnedMs);
  const { mu, sigma } = believe(300_000, seen);
  expect(Math.exp(mu)).toBeLessThan(110_000);
  expect(sigma).toBeLessThan(0.6);
  const late = runTimes(75_000, 0.3, 40).map((ms) => watchOne(ms, [], 300_000).lateMs);
  expect(late.reduce((sum, ms) => sum + ms, 0) / 40).toBeLessThan(45_000);
});

test("a task gets as many looks as its account's rate carries, at most eight", () => {
  const account = (slots: number) => ({
    requestsPerMinute: 60,
    limits: { slots, rate: 1, burst: 6, window: 10, leaseMs: 1, weights: {} },
  });
  const minuteLong = believe(60_000, runTimes(60_000, 0.2, 64));
  expect(affordablePolls(account(2), minuteLong)).toBe(8);
  expect(affordablePolls(account(10), minuteLong)).toBeGreaterThan(5);
  expect(affordablePolls(account(100), minuteLong)).toBe(1);
  const looksWith = (looks: number) => {
    const runs = runTimes(60_000, 0.2, 500);
    const each = runs.map((ms) => {
      let [age, count] = [0, 0];
      while (age < ms) {
        age += nextPollMs(age, minuteLong, { looks });
        count += 1;
      }
      return count;
    });
    return each.reduce((sum, count) => sum + count, 0) / runs.length;
  };
  for (const looks of [2, 4, 8]) {
    expect(looksWith(looks)).toBeGreaterThan(0.9 * looks);
    expect(looksWith(looks)).toBeLessThan(1.1 * looks);
  }
});

test("the share of the normal distribution below a value", () => {
  expect(normalShare(0)).toBeCloseTo(0.5, 6);
  expect(normalShare(1.959964)).toBeCloseTo(0.975, 6);
  expect(normalShare(-1.281552)).toBeCloseTo(0.1, 6);
});
