import { expect, test } from "vitest";
import { openLeaseGracePeriod } from "./leases.ts";

test("grace period: leases expire only after live workers had time to renew them since Redis was last unavailable", () => {
  let nowMs = 1_000;
  const grace = openLeaseGracePeriod(15_000, () => nowMs);
  const answerUntil = (endMs: number) => {
    for (; nowMs < endMs; nowMs += 1_000) grace.answered();
  };
  expect(grace.isOver()).toBe(false);
  answerUntil(15_000);
  expect(grace.isOver()).toBe(false);
  answerUntil(17_000);
  expect(grace.isOver()).toBe(true);
  nowMs += 16_000;
  grace.answered();
  expect(grace.isOver()).toBe(false);
  answerUntil(nowMs + 14_000);
  expect(grace.isOver()).toBe(false);
  answerUntil(nowMs + 2_000);
  expect(grace.isOver()).toBe(true);
});
