import { expect, test } from "vitest";
import { usagePer } from "./meters.ts";
import { prompts } from "./prompts.ts";
import { isMet } from "./report.ts";
import { median, medians, quantile, rounds } from "./runs.ts";

test("rounds: every variant once per round, in rotated order", async () => {
  const order: string[] = [];
  const results = await rounds(["a", "b", "c"], 3, async (name, round) => {
    order.push(name);
    return `${name}${round}`;
  });
  expect(order.join("")).toBe("abcbcacab");
  expect(results).toEqual({ a: ["a0", "a1", "a2"], b: ["b0", "b1", "b2"], c: ["c0", "c1", "c2"] });
});

test("median, quantile, medians", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9);
  expect(
    medians([
      { a: 1, b: 5 },
      { a: 3, b: 7 },
    ]),
  ).toEqual({ a: 2, b: 6 });
});

test("usagePer: difference of two readings, per item", () => {
  const before = { atMs: 1_000, commands: 100, scripts: 10, cpuMs: { redis: 50 } };
  const after = { atMs: 3_000, commands: 500, scripts: 30, cpuMs: { redis: 90 } };
  expect(usagePer(20, before, after)).toEqual({ seconds: 2, commands: 20, scripts: 1, cpuMs: { redis: 2 } });
});

test("prompts: the requested size, no repetition", () => {
  const texts = prompts(600);
  const some = Array.from({ length: 500 }, () => texts.next().value);
  expect(new Set(some).size).toBe(500);
  expect(new Set(some.map((text) => Buffer.byteLength(text)))).toEqual(new Set([600]));
  expect(prompts(600).next().value).toBe(some[0]);
});

test("isMet: a target is met at its limit, not with NaN", () => {
  expect(isMet({ name: "", wanted: "≥ 0.8", measured: 0.8 })).toBe(true);
  expect(isMet({ name: "", wanted: "≤ 4", measured: 4.01 })).toBe(false);
  expect(isMet({ name: "", wanted: "≥ 1", measured: Number.NaN })).toBe(false);
});
