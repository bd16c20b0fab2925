import { eventually, type Sentinels, startSentinels } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contradictions, oneOfEach, startTestSystem, type TestSystem } from "./system.ts";

let sentinels: Sentinels;
beforeEach(async () => {
  sentinels = await startSentinels();
});
afterEach(() => sentinels.stop());

const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    prompt: `a lighthouse in the rain [[marker:m${from + i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
    idempotencyKey: `m${from + i}`,
  }));

const startWithSentinels = (apps: readonly string[] = oneOfEach) =>
  startTestSystem({ redis: { url: sentinels.url, server: sentinels.first }, apps, simulator: { clockFactor: 60 } });

/** Kills or freezes the primary with work in progress; resolves when new tasks are created at the new primary. */
async function failover(
  system: TestSystem,
  signal: "SIGKILL" | "SIGSTOP",
): Promise<{ ids: string[]; outageMs: number }> {
  const ids = await system.enqueue(rows(40));
  await eventually(async () => (await system.bill()).tasks >= 5, { describe: "some tasks exist", everyMs: 20 });
  await system.redis.kill(signal);
  const killedAt = performance.now();
  const before = (await system.bill()).tasks;
  expect(before, "there is work left").toBeLessThan(36);
  await eventually(async () => (await sentinels.lineup()).primary === sentinels.second, {
    describe: "the replica has taken over",
    timeoutMs: 20_000,
  });
  // Requests in flight at the failover may still be answered; new tasks prove the recovery.
  await eventually(async () => (await system.bill()).tasks >= before + 4, {
    describe: "new tasks are created at the new primary",
    timeoutMs: 30_000,
  });
  return { ids, outageMs: performance.now() - killedAt };
}

async function expectNothingLost(system: TestSystem, ids: string[]): Promise<void> {
  const rested = await system.waitForRest(ids, 60_000);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([ids.length, ids.length, []]);
  expect(await contradictions(system)).toEqual([]);
}

test("primary killed with work in progress: nothing lost, nothing paid twice, work continues", async () => {
  await using system = await startWithSentinels();
  const { ids, outageMs } = await failover(system, "SIGKILL");
  expect(outageMs).toBeLessThan(20_000);
  await expectNothingLost(system, ids);
});

test("primary frozen until a replica takes over: its later writes are not trusted", async () => {
  await using system = await startWithSentinels();
  const { ids, outageMs } = await failover(system, "SIGSTOP");
  expect(outageMs).toBeLessThan(20_000);
  await system.redis.kill("SIGCONT");
  ids.push(...(await system.enqueue(rows(10, 40))));
  await expectNothingLost(system, ids);
});

test("only replica frozen: nothing is sent until it is back", async () => {
  await using system = await startWithSentinels(["poller+finalizer"]);
  const ids = await system.enqueue(rows(6));
  await sentinels.second.kill("SIGSTOP");
  const submitter = await system.start("submitter");
  const reason = /no replica of Redis has the intent|replica of Redis is not reachable/i;
  await eventually(() => reason.test(submitter.logs()), {
    describe: "the log reports why nothing is sent",
    timeoutMs: 20_000,
  });
  expect((await system.bill()).tasks).toBe(0);
  await sentinels.second.kill("SIGCONT");
  await expectNothingLost(system, ids);
});
