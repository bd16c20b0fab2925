import type { State } from "@reelqueue/contracts";
import { eventually, type Sentinels, startSentinels, uniqueCell } from "@reelqueue/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as ledger from "./index.ts";
import { running } from "./test-cell.ts";

let sentinels: Sentinels;
beforeAll(async () => {
  sentinels = await startSentinels();
});
afterAll(() => sentinels.stop());

const open = () => ledger.openCell({ url: sentinels.url, cell: uniqueCell(), role: "worker" });

test("while the replica stands still nothing that must last is acknowledged, and all else goes on", async () => {
  await using cell = open();
  await ledger.awaitReady(cell, 5_000);
  const id = await running(cell, "task-1");
  await sentinels.second.kill("SIGSTOP");
  try {
    const intent = running(cell, "task-2");
    await expect(intent).rejects.toMatchObject({ kind: "unconfirmed" });
    const step = { id, from: ["running"], to: "finalizing", token: "f", due: { lane: "finalize", inMs: 0 } } as const;
    expect(await ledger.move(cell, step)).toMatchObject({ kind: "moved" });
    await eventually(async () => (await ledger.checkSafety(cell)).unsafe.join().includes("replica of Redis is away"), {
      describe: "it is said to be unsafe",
      timeoutMs: 15_000,
    });
  } finally {
    await sentinels.second.kill("SIGCONT");
  }
  await eventually(async () => (await ledger.checkSafety(cell)).unsafe.length === 0, { describe: "it is safe again" });
  await running(cell, "task-3");
});

test("what a deposed primary took is made again at the new one, once, and in order", async () => {
  await using cell = open();
  await ledger.awaitReady(cell, 5_000);
  const restored = Promise.withResolvers<number>();
  using _ = ledger.watchPrimary(cell, restored.resolve);
  const kept = await running(cell, "task-1");
  const [first, second] = [await running(cell, "task-2"), await running(cell, "task-3")];
  await using replica = ledger.openCell({ url: sentinels.second.url, cell: cell.name, role: "worker" });
  await ledger.awaitReady(replica, 5_000);
  // it hears of nothing from here on, as if the line between the two were cut
  await replica.redis.call("replicaof", "127.0.0.1", "1");
  await hand(cell, first, ["running"], "finalizing");
  await hand(cell, second, ["running"], "finalizing");
  await hand(cell, first, ["finalizing"], "succeeded");
  expect((await ledger.read(replica, first))?.record.state).toBe("running");

  await sentinels.first.kill("SIGKILL");
  expect(await restored.promise).toBe(3);
  const found = await ledger.readMany(cell, [first, second, kept]);
  expect(found.map((each) => each?.record.state)).toEqual(["succeeded", "finalizing", "running"]);
  expect(await ledger.audit(cell)).toEqual([]);
});

/** As the stages do it: the move says what it believes. */
async function hand(cell: ledger.Cell, id: string, from: State[], to: "finalizing" | "succeeded"): Promise<void> {
  const n = (await ledger.read(cell, id))?.record.n ?? "";
  const due = to === "finalizing" ? { due: { lane: "finalize" as const, inMs: 60_000 } } : {};
  const step = { id, from, to, token: `${id}${to}`, expect: { n }, ...due } as ledger.Move;
  expect(await ledger.move(cell, step)).toMatchObject({ kind: "moved" });
}
