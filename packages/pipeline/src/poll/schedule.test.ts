import fc from "fast-check";
import { expect, test } from "vitest";
import { normalQuantile, normalShare } from "./normal.ts";
import { affordableShare, believe, nextLook } from "./schedule.ts";

/** A seeded stand-in for the provider: log-normal run times. */
function runTimes(medianMs: number, sigma: number, count: number): number[] {
  let state = 42;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state + 0.5) / 2_147_483_648;
  };
  return Array.from({ length: count }, () => medianMs * Math.exp(sigma * normalQuantile(random())));
}

function watchOne(runMs: number, seen: readonly number[], typicalMs: number) {
  const belief = believe(typicalMs, seen);
  let [age, last, looks] = [0, 0, 0];
  while (age < runMs) {
    last = age;
    age += nextLook(age, belief);
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
    expect(late / run).toBeLessThan(0.07);
  },
);

test("a task that runs far beyond all others is still looked at, ever less often but at least once a minute", () => {
  const belief = believe(120_000, runTimes(120_000, 0.2, 64));
  for (const age of [600_000, 3_600_000, 86_400_000]) expect(nextLook(age, belief)).toBeLessThanOrEqual(60_000);
});

test("with callbacks, looks only reconcile", () => {
  const belief = believe(120_000, []);
  for (const age of [0, 30_000, 120_000, 600_000]) {
    const wait = nextLook(age, belief, { callbacks: true });
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
        const wait = nextLook(age, believe(120_000, seen));
        return wait >= 1_000 && wait <= 60_000;
      },
    ),
  );
});

test("looks are spread thinner where the account's rate would not carry them", () => {
  const account = (slots: number) => ({
    requestsPerMinute: 60,
    limits: { slots, rate: 1, burst: 6, window: 10, leaseMs: 1, weights: {} },
  });
  const minuteLong = believe(60_000, runTimes(60_000, 0.2, 64));
  expect(affordableShare(account(2), minuteLong)).toBe(0.18);
  expect(affordableShare(account(10), minuteLong)).toBeGreaterThan(0.2);
  expect(affordableShare(account(100), minuteLong)).toBe(0.6);
});

test("share and quantile of the normal distribution are each other's inverse", () => {
  for (const z of [-3, -1, -0.1, 0, 0.5, 2, 4]) expect(normalQuantile(normalShare(z))).toBeCloseTo(z, 3);
  expect(normalShare(1.959964)).toBeCloseTo(0.975, 6);
});
