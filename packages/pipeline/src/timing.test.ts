import { expect, test } from "vitest";
import { timing } from "./timing.ts";

test("a submit lease outlives everything that a worker may still do with its intent", () => {
  expect(timing.submitLeaseMs).toBeGreaterThan(timing.startBudgetMs + timing.postMs + 10_000);
});

test("a look and a delivery end before their leases do", () => {
  expect(timing.lookLeaseMs).toBeGreaterThan(timing.lookMs);
  expect(timing.deliverLeaseMs).toBeGreaterThan(15_000);
});

test("the quiet window is longer than any lease", () => {
  expect(timing.quietMs).toBeGreaterThan(Math.max(timing.submitLeaseMs, timing.finalizeLeaseMs, timing.grantLeaseMs));
});
