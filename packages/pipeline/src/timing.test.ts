import { providers } from "@reelqueue/providers";
import { expect, test } from "vitest";
import { timing } from "./timing.ts";

test("the time of sending outlives everything that a worker may still do with its intent", () => {
  expect(timing.sendingMs).toBeGreaterThan(timing.startBudgetMs + timing.postMs + 10_000);
});

test("whoever has not begun to send when the submit lease is over does not begin any more", () => {
  expect(timing.submitLeaseMs).toBeGreaterThan(10 * timing.startBudgetMs);
});

test("a delivery ends before its lease does", () => {
  expect(timing.deliverLeaseMs).toBeGreaterThan(15_000);
});

test.each(Object.values(providers))("the quiet window of $capabilities.name is longer than any lease", (provider) => {
  expect(provider.capabilities.quietMs.value).toBeGreaterThan(
    Math.max(timing.sendingMs, timing.submitLeaseMs, timing.finalizeLeaseMs, timing.grantLeaseMs),
  );
});
