import { type App, eventually, type LocalRedis, startCluster } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld, type World, type WorldWish } from "./world.ts";

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    prompt: `a kite over the dunes [[marker:m${from + i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));

async function expectPaidOnce(world: World, ids: string[]): Promise<void> {
  const rested = await world.rested(ids, 60_000);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await world.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([ids.length, ids.length, []]);
  expect(await contradictions(world)).toEqual([]);
}

/** A world for a cell on each of the first two nodes. */
async function eastAndWest(scope: AsyncDisposableStack, wish: WorldWish = {}): Promise<[World, World]> {
  const cluster = await startCluster();
  scope.defer(() => cluster.stop());
  const worldOn = async (server: LocalRedis | undefined) => {
    if (!server) throw new Error("the cluster has too few nodes");
    const cell = await cluster.cellOn(server);
    const redis = { url: cluster.url, server, cell };
    return scope.use(await startWorld({ redis, simulator: { clockFactor: 300 }, ...wish }));
  };
  return Promise.all([worldOn(cluster.nodes[0]), worldOn(cluster.nodes[1])]);
}

/** One process of each stage, which serve both cells. */
async function startWorkersOf(east: World, west: World): Promise<Record<"submitter" | "poller" | "finalizer", App>> {
  const env = { REELQUEUE_CONFIG: `${east.configPath},${west.configPath}`, NO_PROGRESS_MS: "3000" };
  const [submitter, poller, finalizer] = await Promise.all([
    east.start("submitter", env),
    east.start("poller", env),
    east.start("finalizer", env),
  ]);
  return { submitter, poller, finalizer };
}

async function readyzOf({ url }: App): Promise<string> {
  return (await fetch(`${url}/readyz`)).text();
}

test("two cells on one cluster, each with its own accounts, tenants and workers: one goes on while the node of the other is frozen", async () => {
  await using scope = new AsyncDisposableStack();
  const [east, west] = await eastAndWest(scope);

  const [eastern, western] = await Promise.all([east.enqueue(rows(0, 8), "east"), west.enqueue(rows(0, 8), "west")]);
  await Promise.all([expectPaidOnce(east, eastern), expectPaidOnce(west, western)]);
  expect(eastern.every((id) => id.startsWith(east.here.cell.name))).toBe(true);
  expect(await west.get(eastern)).toEqual([]);

  const interrupted = await east.enqueue(rows(8, 8), "east");
  await east.redis.kill("SIGSTOP");
  const frozenAt = performance.now();
  const meanwhile = await west.enqueue(rows(8, 8), "west");
  await west.rested(meanwhile, 10_000);
  expect((await east.bill()).tasks).toBeLessThan(16);
  // long enough for the others to have given the node up
  await eventually(() => performance.now() - frozenAt > 4_000, { describe: "the freeze is longer than a blink" });
  await east.redis.kill("SIGCONT");
  await Promise.all([
    expectPaidOnce(east, [...eastern, ...interrupted]),
    expectPaidOnce(west, [...western, ...meanwhile]),
  ]);
});

test("one set of workers for both cells: the other goes on while the node of one is frozen, for so long that the poller gives it up and opens it again", async () => {
  await using scope = new AsyncDisposableStack();
  const [east, west] = await eastAndWest(scope, { apps: [] });
  const workers = await startWorkersOf(east, west);
  const [eastern, western] = await Promise.all([east.enqueue(rows(0, 8), "east"), west.enqueue(rows(0, 8), "west")]);
  await Promise.all([expectPaidOnce(east, eastern), expectPaidOnce(west, western)]);

  const interrupted = await east.enqueue(rows(8, 8), "east");
  await east.redis.kill("SIGSTOP");
  const meanwhile = await west.enqueue(rows(8, 8), "west");
  await west.rested(meanwhile, 10_000);
  expect((await east.bill()).tasks).toBeLessThan(16);
  await eventually(() => workers.poller.logs().includes("the cell makes no progress"), {
    describe: "the poller gives the frozen cell up",
    timeoutMs: 20_000,
  });
  const name = east.here.cell.name;
  expect(await readyzOf(workers.poller)).toContain(`${name}: it made no progress`);
  expect((await fetch(`${workers.poller.url}/healthz`)).status).toBe(200);
  const later = await west.enqueue(rows(16, 8), "west");
  await west.rested(later, 10_000);

  await east.redis.kill("SIGCONT");
  await Promise.all([
    expectPaidOnce(east, [...eastern, ...interrupted]),
    expectPaidOnce(west, [...western, ...meanwhile, ...later]),
  ]);
  await eventually(() => workers.poller.logs().split("the cell is served").length === 4, {
    describe: "the poller serves both again",
    timeoutMs: 60_000,
  });
  for (const worker of Object.values(workers)) worker.kill("SIGTERM");
  for (const worker of Object.values(workers)) expect(await worker.exited).toMatchObject({ code: 0 });
});

test.each([
  ["dead", "SIGKILL"],
  ["frozen", "SIGSTOP"],
] as const)(
  "workers of two cells that start while the node of one is %s serve the other at once, and both when it is back",
  async (_, signal) => {
    await using scope = new AsyncDisposableStack();
    const [east, west] = await eastAndWest(scope, { apps: [] });
    const [eastern, western] = await Promise.all([east.enqueue(rows(0, 8), "east"), west.enqueue(rows(0, 8), "west")]);
    await east.redis.kill(signal);
    const workers = Object.values(await startWorkersOf(east, west));
    await west.rested(western, 10_000);
    for (const worker of workers) expect(await readyzOf(worker)).toContain(`${east.here.cell.name}: `);
    await eventually(() => workers.every((worker) => /it is tried again in \d+ s/.test(worker.logs())), {
      describe: "every worker says that it tries the other cell again",
      timeoutMs: 60_000,
    });
    expect((await east.bill()).tasks).toBe(0);
    await (signal === "SIGKILL" ? east.redis.restart() : east.redis.kill("SIGCONT"));
    await Promise.all([expectPaidOnce(east, eastern), expectPaidOnce(west, western)]);
  },
);
