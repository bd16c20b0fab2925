import { type LocalCluster, startCluster } from "@reelqueue/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { running } from "../test-cell.ts";

let cluster: LocalCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

test("Cluster: every command of a cell goes to its node, also commands without a key", async () => {
  for (const node of cluster.servers) {
    const name = await cluster.cellOn(node);
    await using cell = ledger.openCell({ url: cluster.url, cell: name, role: "worker" });
    await ledger.awaitReady(cell, 10_000);
    await running(cell, "task-1");
    expect(await ledger.audit(cell)).toEqual([]);
    expect(Math.abs(await ledger.clockSkewMs(cell))).toBeLessThan(1_000);
    await using alone = ledger.openCell({ url: node.url, cell: name, role: "worker" });
    const replid = /master_replid:(\w+)/.exec((await alone.redis.info("replication")) as string)?.[1];
    expect([replid?.length, cell.primary.id]).toEqual([40, replid]);
  }
});

test("checkSafety: warns of a Cluster that stops when one node fails", async () => {
  const [node] = cluster.servers;
  if (!node) throw new Error("no node");
  const name = await cluster.cellOn(node);
  await using cell = ledger.openCell({ url: cluster.url, cell: name, role: "front" });
  await ledger.awaitReady(cell, 10_000);
  expect(await ledger.checkSafety(cell)).toMatchObject({ unsafe: [], warnings: [] });
  await using alone = ledger.openCell({ url: node.url, cell: name, role: "worker" });
  await alone.redis.config("SET", "cluster-require-full-coverage", "yes");
  const { unsafe, warnings } = await ledger.checkSafety(cell);
  expect([unsafe, warnings.join()]).toEqual([[], expect.stringContaining("cluster-require-full-coverage no")]);
  await alone.redis.config("SET", "cluster-require-full-coverage", "no");
});
