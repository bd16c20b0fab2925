import type { AccountStatus } from "@reelqueue/ledger";
import { expect, test } from "vitest";
import { waitReason } from "./find.ts";

const waiting = (status: Partial<AccountStatus>) =>
  waitReason(
    { name: "mine", inFlight: 0, spentTodayMicroUsd: 0, waiting: 1, ...status } as AccountStatus,
    {
      lane: "backlog",
    },
    undefined,
  );

test("waitReason: a provider that is down is not one that asked to wait", () => {
  const untilMs = Date.now() + 9_500;
  expect(waiting({ untilMs })).toBe("the provider asked to wait 10 s");
  expect(waiting({ untilMs, untilReason: "the provider cannot be reached (getaddrinfo ENOTFOUND)" })).toBe(
    "the provider cannot be reached (getaddrinfo ENOTFOUND); next try in 10 s",
  );
  expect(waiting({ untilMs: Date.now() - 1, untilReason: "the provider cannot be reached (x)" })).toBe("next in line");
});
