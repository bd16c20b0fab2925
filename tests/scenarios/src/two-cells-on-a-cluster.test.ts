import { eventually, type LocalRedis, startCluster } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem, type TestSystem } from "./system.ts";

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    prompt: `a kite over the dunes [[marker:m${from + i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));

async function expectPaidOnce(system: TestSystem, ids: string[]): Promise<void> {
  const rested = await system.waitForRest(ids, 60_000);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([ids.length, ids.length, []]);
  expect(await contradictions(system)).toEqual([]);
}

/** One system for a cell on each of the first two nodes. */
async function eastAndWest(scope: AsyncDisposableStack): Promise<[TestSystem, TestSystem]> {
  const cluster = await startCluster();
  scope.defer(() => cluster.stop());
  const systemOn = async (server: LocalRedis | undefined) => {
    if (!server) throw new Error("the cluster has too few nodes");
    const cell = await cluster.cellOn(server);
    const redis = { url: cluster.url, server, cell };
    return scope.use(await startTestSystem({ redis, simulator: { clockFactor: 300 } }));
  };
  return Promise.all([systemOn(cluster.servers[0]), systemOn(cluster.servers[1])]);
}

test("two cells on one cluster, each with its own accounts, tenants and workers: one goes on while the node of the other is frozen", async () => {
  await using scope = new AsyncDisposableStack();
  const [east, west] = await eastAndWest(scope);

  const [eastern, western] = await Promise.all([east.enqueue(rows(0, 8), "east"), west.enqueue(rows(0, 8), "west")]);
  await Promise.all([expectPaidOnce(east, eastern), expectPaidOnce(west, western)]);
  expect(eastern.every((id) => id.startsWith(east.installation.cell.name))).toBe(true);
  expect(await west.get(eastern)).toEqual([]);

  const interrupted = await east.enqueue(rows(8, 8), "east");
  await east.redis.kill("SIGSTOP");
  const frozenAt = performance.now();
  const meanwhile = await west.enqueue(rows(8, 8), "west");
  await west.waitForRest(meanwhile, 10_000);
  expect((await east.bill()).tasks).toBeLessThan(16);
  // long enough for the others to have given the node up
  await eventually(() => performance.now() - frozenAt > 4_000, { describe: "the freeze is longer than a blink" });
  await east.redis.kill("SIGCONT");
  await Promise.all([
    expectPaidOnce(east, [...eastern, ...interrupted]),
    expectPaidOnce(west, [...western, ...meanwhile]),
  ]);
});
