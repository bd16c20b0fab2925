import { eventually, startCluster, startSentinels, uniqueCell } from "@reelqueue/testing";
import { expect, test } from "vitest";
import * as ledger from "../index.ts";

test("connection: survives a failover that is announced during the search for the primary", async () => {
  await using scope = new AsyncDisposableStack();
  const { url, first, second, sentinels, lineup, stop } = await startSentinels();
  scope.defer(stop);
  const cells = Array.from({ length: 10 }, () =>
    scope.use(ledger.openCell({ url, cell: uniqueCell(), role: "worker" })),
  );
  await Promise.all(cells.map((cell) => ledger.awaitReady(cell, 5_000)));
  // a query to this Sentinel takes a second; meanwhile the others announce the failover
  await sentinels[0]?.kill("SIGSTOP");
  await first.kill("SIGKILL");
  await eventually(async () => (await lineup()).primary === second, { describe: "the replica has taken over" });
  await Promise.all(cells.map((cell) => ledger.awaitReady(cell, 20_000)));
  expect(cells.map(({ redis }) => redis.status)).toEqual(cells.map(() => "ready"));
}, 60_000);

test("awaitReady: waits for a Cluster that is down, and rejects after its time", async () => {
  await using scope = new AsyncDisposableStack();
  const { url, servers, cellOn, stop } = await startCluster();
  scope.defer(stop);
  const [node] = servers;
  if (node === undefined) throw new Error("no node");
  const name = await cellOn(node);
  const server = ledger.connect(node.url, "front");
  scope.defer(() => server.disconnect());
  await eventually(() => server.status === "ready", { describe: "it is connected" });
  const slot = Number(await server.call("cluster", "keyslot", ledger.prefixOf(name)));
  await server.call("cluster", "delslots", slot);
  const open = () => scope.use(ledger.openCell({ url, cell: name, role: "worker" }));
  const [cell, impatient] = [open(), open()];
  const ready = ledger.awaitReady(cell, 20_000);
  await expect(ledger.awaitReady(impatient, 4_000)).rejects.toThrow(/CLUSTERDOWN|MOVED/);
  await server.call("cluster", "addslots", slot);
  await ready;
  expect(cell.primary.id).toMatch(/^[0-9a-f]{40}$/);
}, 60_000);
