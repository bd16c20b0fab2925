import type { State } from "@reelqueue/contracts";
import { eventually, type Sentinels, startSentinels, uniqueCell } from "@reelqueue/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { running } from "../test-cell.ts";
import { type Move, sendMove } from "../testing/index.ts";

let sentinels: Sentinels;
beforeAll(async () => {
  sentinels = await startSentinels();
});
afterAll(() => sentinels.stop());

const open = () => ledger.openCell({ url: sentinels.url, cell: uniqueCell(), role: "worker" });

test("replica frozen: durable writes are not acknowledged, other moves are", async () => {
  await using cell = open();
  await ledger.awaitReady(cell, 5_000);
  const id = await running(cell, "task-1");
  await sentinels.second.kill("SIGSTOP");
  try {
    const intent = running(cell, "task-2");
    await expect(intent).rejects.toMatchObject({ kind: "unconfirmed" });
    const step = { id, from: ["running"], to: "finalizing", token: "f", due: { lane: "finalize", inMs: 0 } } as const;
    expect(await sendMove(cell, step)).toMatchObject({ kind: "moved" });
    const event = { endpoint: "e", url: "http://e/", body: "{}" };
    const end = { id, from: ["finalizing"], to: "failed", token: "e", event } as const;
    expect(await sendMove(cell, end)).toMatchObject({ kind: "moved" });
    const options = { limit: 10, perEndpoint: 4, leaseMs: 100 };
    await expect(ledger.claimDeliveries(cell, options)).rejects.toMatchObject({ kind: "unconfirmed" });
    await eventually(
      async () => (await ledger.checkSafety(cell)).unsafe.join().includes("replica of Redis is not reachable"),
      {
        describe: "checkSafety reports the replica",
        timeoutMs: 15_000,
      },
    );
  } finally {
    await sentinels.second.kill("SIGCONT");
  }
  await eventually(async () => (await ledger.checkSafety(cell)).unsafe.length === 0, {
    describe: "checkSafety reports nothing",
  });
  const { items } = await ledger.claimDeliveries(cell, { limit: 10, perEndpoint: 4, leaseMs: 100 });
  expect(items, "its event is delivered").toHaveLength(1);
  await running(cell, "task-3");
});

test("failover: moves lost with the old primary are replayed once, in order", async () => {
  await using cell = open();
  await ledger.awaitReady(cell, 5_000);
  const restored = Promise.withResolvers<number>();
  using _ = ledger.watchPrimary(cell, restored.resolve);
  const kept = await running(cell, "task-1");
  const [first, second] = [await running(cell, "task-2"), await running(cell, "task-3")];
  await using replica = ledger.openCell({ url: sentinels.second.url, cell: cell.name, role: "worker" });
  await ledger.awaitReady(replica, 5_000);
  // the replica gets no writes from here on, as in a network partition
  await replica.redis.call("replicaof", "127.0.0.1", "1");
  await moveTo(cell, first, ["running"], "finalizing");
  await moveTo(cell, second, ["running"], "finalizing");
  await moveTo(cell, first, ["finalizing"], "succeeded");
  expect((await ledger.read(replica, first))?.record.state).toBe("running");

  await sentinels.first.kill("SIGKILL");
  expect(await restored.promise).toBe(3);
  const found = await ledger.readMany(cell, [first, second, kept]);
  expect(found.map((each) => each?.record.state)).toEqual(["succeeded", "finalizing", "running"]);
  expect(await ledger.audit(cell)).toEqual([]);
});

test("failover: a move that depends on another process's move is replayed after it", async () => {
  await sentinels.first.restart();
  await sentinels.whole();
  const { primary, replicas } = await sentinels.lineup();
  await using poller = open();
  await using finalizer = ledger.openCell({ url: sentinels.url, cell: poller.name, role: "worker" });
  for (const cell of [poller, finalizer]) await ledger.awaitReady(cell, 5_000);
  const id = await running(poller, "task-1");
  await using replica = ledger.openCell({ url: replicas[0]?.url ?? "", cell: poller.name, role: "worker" });
  await ledger.awaitReady(replica, 5_000);
  await replica.redis.call("replicaof", "127.0.0.1", "1");
  await moveTo(poller, id, ["running"], "finalizing");
  await moveTo(finalizer, id, ["finalizing"], "succeeded");
  await primary.kill("SIGKILL");
  const early = Promise.withResolvers<number>();
  using _first = ledger.watchPrimary(finalizer, early.resolve);
  expect(await early.promise).toBe(0);
  using _second = ledger.watchPrimary(poller, () => {});
  await eventually(async () => (await ledger.read(finalizer, id))?.record.state === "succeeded", {
    describe: "both moves are replayed",
    timeoutMs: 10_000,
  });
  await primary.restart();
}, 60_000);

test("primary restarted: a process that starts then does not trust it without its replicas", async () => {
  await sentinels.whole();
  const { primary, replicas } = await sentinels.lineup();
  await using before = open();
  await ledger.awaitReady(before, 5_000);
  // no replica may take over or be back in time
  for (const replica of replicas) await replica.kill("SIGSTOP");
  try {
    await primary.kill("SIGKILL");
    await primary.restart();
    await using cell = ledger.openCell({ url: primary.url, cell: before.name, role: "worker" });
    await ledger.awaitReady(cell, 5_000);
    await expect(running(cell, "task-1")).rejects.toMatchObject({ kind: "unconfirmed" });
    expect((await ledger.checkSafety(cell)).unsafe.join()).toContain("replica of Redis is not reachable");
  } finally {
    for (const replica of replicas) await replica.kill("SIGCONT");
  }
});

/** A move with an expectation, as the stages make it. */
async function moveTo(cell: ledger.Cell, id: string, from: State[], to: "finalizing" | "succeeded"): Promise<void> {
  const n = (await ledger.read(cell, id))?.record.dispatchSeq ?? 0;
  const due = to === "finalizing" ? { due: { lane: "finalize" as const, inMs: 60_000 } } : {};
  const step = { id, from, to, token: `${id}${to}`, expect: { dispatchSeq: n }, ...due } as Move;
  expect(await sendMove(cell, step)).toMatchObject({ kind: "moved" });
}
