import { providers } from "@reelqueue/providers";
import { expect, test } from "vitest";
import { timing } from "./timing.ts";

test("sendingMs outlasts start budget and POST by more than 10 s", () => {
  expect(timing.sendingMs).toBeGreaterThan(timing.startBudgetMs + timing.postMs + 10_000);
});

test("the submit lease is more than ten start budgets long: no worker starts its POST after it", () => {
  expect(timing.submitLeaseMs).toBeGreaterThan(10 * timing.startBudgetMs);
});

test("the start budget is at most 1 s: no POST starts later after an acknowledged pause", () => {
  expect(timing.startBudgetMs).toBeLessThanOrEqual(1_000);
});

test("the delivery lease outlasts a webhook request", () => {
  expect(timing.deliverLeaseMs).toBeGreaterThan(15_000);
});

test.each(Object.values(providers))("the quiet window of $capabilities.name is longer than any lease", (provider) => {
  expect(provider.capabilities.quietMs.value).toBeGreaterThan(
    Math.max(timing.sendingMs, timing.submitLeaseMs, timing.finalizeLeaseMs, timing.grantLeaseMs),
  );
});
