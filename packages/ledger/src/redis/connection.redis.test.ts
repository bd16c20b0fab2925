import { sharedRedis, uniqueCell } from "@reelqueue/testing";
import { expect, test } from "vitest";
import * as ledger from "../index.ts";

test("connection: valkey:// reaches the same server as redis://", async () => {
  await using scope = new AsyncDisposableStack();
  const url = (await sharedRedis()).replace("redis:", "valkey:");
  const cell = scope.use(ledger.openCell({ url, cell: uniqueCell(), role: "front" }));
  await ledger.awaitReady(cell, 5_000);
  expect(await cell.redis.ping()).toBe("PONG");
});
