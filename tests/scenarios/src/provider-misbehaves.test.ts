import type { Generation } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { contradictions, startTestSystem, type TestSystem } from "./system.ts";

const row = (account: string, marker: string, fault: string) => ({
  account,
  prompt: `a paper crane unfolds [[marker:${marker}]][[fault:${fault}]]`,
  resolution: "480p" as const,
  seconds: 4,
});

const transient = [
  "submit-429*2",
  "submit-503*2",
  "poll-429*2",
  "poll-500*3",
  "poll-reset*2",
  "poll-404*1",
  "poll-garbage*3",
  "unknown-status*2",
  "status-regress*2",
  "slow",
  "url-expired",
  "file-truncated",
  "success-no-url",
];

test.each(["hiapi", "jiekou"])(
  "transient provider errors at %s: every generation succeeds with one charge",
  async (account) => {
    await using system = await startTestSystem({
      accounts: { [account]: { limits: { inFlight: 50, requestsPerMinute: 3_000 } } },
      simulator: { limits: "off" },
    });
    const ids = await system.enqueue(transient.map((fault) => row(account, fault, fault)));
    const rested = await system.waitForRest(ids);
    expect(Object.fromEntries(rested.map(({ state }, i) => [transient[i], state]))).toEqual(
      Object.fromEntries(transient.map((fault) => [fault, "succeeded"])),
    );
    await expectOneChargeEach(system, transient);
    expect(await contradictions(system)).toEqual([]);
  },
  300_000,
);

const lost = ["accept-reset*1", "accept-500*1", "accept-broken-json*1", "accept-empty*1", "submit-500*1"];

test("lost POST answer: found by idempotency key, one charge", async () => {
  await using system = await startTestSystem({
    accounts: { hiapi: { limits: { inFlight: 50, requestsPerMinute: 3_000 } } },
    simulator: { limits: "off" },
  });
  const ids = await system.enqueue(lost.map((fault) => row("hiapi", fault, fault)));
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state, attempt }) => [state, attempt])).toEqual(lost.map(() => ["succeeded", 1]));
  expect(rested.every(({ timeline }) => timeline.some(({ state }) => state === "unknown"))).toBe(true);
  await expectOneChargeEach(system, lost);
  expect(await contradictions(system)).toEqual([]);
});

test("failed task: one new attempt where failures are not charged; none after a moderation failure", async () => {
  await using system = await startTestSystem();
  const faults = ["task-fails*1", "task-fails", "task-moderation", "reject-moderation", "task-fails-silent"];
  const ids = await system.enqueue(faults.map((fault) => row("jiekou", fault, fault)));
  const rested = await system.waitForRest(ids);
  const outcome = ({ state, attempt, failure }: Generation) => [state, attempt, failure?.class];
  expect(rested.map(outcome)).toEqual([
    ["succeeded", 2, undefined],
    ["failed", 2, "upstream"],
    ["failed", 1, "moderation"],
    ["failed", 1, "input_refused"],
    ["failed", 1, "unclassified"],
  ]);
  const { byMarker } = await system.bill();
  expect(byMarker["task-fails*1"]).toMatchObject({ tasks: 2, charges: 2, refunds: 1 });
  expect(byMarker["task-fails"]).toMatchObject({ tasks: 2, refunds: 2 });
  expect((await contradictions(system)).length).toBe(0);
});

test("failed task: no new attempt where the provider charges failures", async () => {
  await using system = await startTestSystem({ accounts: { jiekou: { chargesFailures: true } } });
  const [id = ""] = await system.enqueue([row("jiekou", "m", "task-fails*1")]);
  const [rested] = await system.waitForRest([id]);
  expect(rested).toMatchObject({ state: "failed", attempt: 1, failure: { class: "upstream" } });
  expect(rested?.cost.settledUsd).toBe(rested?.cost.estimateUsd);
});

async function expectOneChargeEach(system: TestSystem, markers: readonly string[]): Promise<void> {
  const { byMarker, duplicates } = await system.bill();
  expect(duplicates).toEqual([]);
  expect(Object.fromEntries(markers.map((marker) => [marker, byMarker[marker]?.charges]))).toEqual(
    Object.fromEntries(markers.map((marker) => [marker, 1])),
  );
}
