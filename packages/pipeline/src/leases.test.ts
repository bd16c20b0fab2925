import { expect, test } from "vitest";
import { openLeaseGracePeriod } from "./leases.ts";

test("leases are taken away only once everybody alive has had time to renew them since Redis was last away", () => {
  let nowMs = 1_000;
  const calm = openLeaseGracePeriod(15_000, () => nowMs);
  const turnUntil = (endMs: number) => {
    for (; nowMs < endMs; nowMs += 1_000) calm.answered();
  };
  expect(calm.isOver()).toBe(false);
  turnUntil(15_000);
  expect(calm.isOver()).toBe(false);
  turnUntil(17_000);
  expect(calm.isOver()).toBe(true);
  nowMs += 16_000;
  calm.answered();
  expect(calm.isOver()).toBe(false);
  turnUntil(nowMs + 14_000);
  expect(calm.isOver()).toBe(false);
  turnUntil(nowMs + 2_000);
  expect(calm.isOver()).toBe(true);
});
