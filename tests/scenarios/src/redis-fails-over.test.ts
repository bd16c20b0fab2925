import { eventually, type Sentinels, startSentinels } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contradictions, startWorld, type World } from "./world.ts";

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

const startHere = (apps?: string[]) =>
  startWorld({
    redis: { url: sentinels.url, server: sentinels.first },
    ...(apps && { apps, simulator: { clockFactor: 300 } }),
  });

/** Strikes the primary in the middle of work; answers when the system works again at the new one. */
async function failover(world: World, signal: "SIGKILL" | "SIGSTOP"): Promise<{ ids: string[]; awayMs: number }> {
  const ids = await world.enqueue(rows(40));
  await eventually(async () => (await world.bill()).tasks >= 5, { describe: "some tasks exist", timeoutMs: 60_000 });
  await world.redis.kill(signal);
  const struckAt = performance.now();
  const before = (await world.bill()).tasks;
  expect(before, "there is work left").toBeLessThan(36);
  await eventually(async () => (await sentinels.primaryPort()) === sentinels.second.port, {
    describe: "the replica has taken over",
    timeoutMs: 20_000,
  });
  // whatever was in flight when it struck may still be answered: new work is what shows
  await eventually(async () => (await world.bill()).tasks >= before + 4, {
    describe: "new tasks are created at the new primary",
    timeoutMs: 30_000,
  });
  return { ids, awayMs: performance.now() - struckAt };
}

async function expectNothingLost(world: World, ids: string[]): Promise<void> {
  const rested = await world.rested(ids, 60_000);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await world.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([ids.length, ids.length, []]);
  expect(await contradictions(world)).toEqual([]);
}

test("primary killed with work in progress: nothing lost, nothing paid twice, work continues", async () => {
  await using world = await startHere();
  const { ids, awayMs } = await failover(world, "SIGKILL");
  expect(awayMs).toBeLessThan(20_000);
  await expectNothingLost(world, ids);
});

test("primary frozen until a replica takes over: its later writes are not trusted", async () => {
  await using world = await startHere();
  const { ids, awayMs } = await failover(world, "SIGSTOP");
  expect(awayMs).toBeLessThan(20_000);
  await world.redis.kill("SIGCONT");
  ids.push(...(await world.enqueue(rows(10, 40))));
  await expectNothingLost(world, ids);
});

test("only replica frozen: nothing is sent until it is back", async () => {
  await using world = await startHere(["poller", "finalizer"]);
  const ids = await world.enqueue(rows(6));
  await sentinels.second.kill("SIGSTOP");
  const submitter = await world.start("submitter");
  await eventually(() => /no replica of Redis has the intent|replica of Redis is away/i.test(submitter.logs()), {
    describe: "it says why it sends nothing",
    timeoutMs: 20_000,
  });
  expect((await world.bill()).tasks).toBe(0);
  await sentinels.second.kill("SIGCONT");
  await expectNothingLost(world, ids);
});
