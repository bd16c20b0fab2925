import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

test("SIGTERM during submits: POSTs in flight finish, no new ones start, exit 0, nothing becomes unknown", async () => {
  await using system = await startTestSystem({
    apps: ["poller+finalizer"],
    // Each POST is answered 250 ms after it is charged.
    simulator: { limits: "off", clockFactor: 20 },
    accounts: { jiekou: { limits: { inFlight: 500, requestsPerMinute: 100_000 } } },
  });
  const submitter = await system.start("submitter", { SUBMIT_CONCURRENCY: "4" });
  const inputs = Array.from({ length: 200 }, (_, i) => ({
    prompt: `a market street [[marker:m${i}]] [[fault:accept-slow]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: "jiekou",
  }));
  const ids = await system.enqueue(inputs);
  await eventually(async () => (await system.bill()).tasks >= 8, { describe: "submitting is under way" });
  submitter.kill("SIGTERM");
  expect(await submitter.exited).toEqual({ code: 0, signal: null });
  const atExit = await system.bill();
  expect(atExit.tasks).toBeLessThan(200);
  const states = new Set((await system.get(ids)).map(({ state }) => state));
  expect(states.has("unknown")).toBe(false);
  expect(states.has("submitting")).toBe(false);
  await system.start("submitter#2");
  const rested = await system.waitForRest(ids);
  expect(
    rested.every(
      ({ state, timeline }) => state === "succeeded" && timeline.every((entry) => entry.state !== "unknown"),
    ),
  ).toBe(true);
  expect((await system.bill()).tasks).toBe(200);
  expect(await contradictions(system)).toEqual([]);
});
