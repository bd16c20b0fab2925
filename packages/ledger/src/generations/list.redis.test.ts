import { expect, test } from "vitest";
import * as ledger from "../index.ts";
import { newGeneration, testCell } from "../test-cell.ts";
import { sendAll } from "../testing/index.ts";

const filter = { tenant: "default", batch: "spring" };

test("list: a batch is in row order, and its cursors stay valid when the first rows are purged", async () => {
  await using cell = await testCell();
  const rows = Array.from({ length: 7 }, () => newGeneration(cell, { batch: "spring" }));
  const ids = rows.map(({ id }) => id);
  await ledger.accept(cell, rows);
  const first = await ledger.list(cell, filter, 3);
  expect(first.ids).toEqual(ids.slice(0, 3));

  await cancel(cell, ids.slice(0, 2));
  expect(await ledger.purge(cell, "canceled", "default", { retentionMs: -1, limit: 10 })).toBe(2);
  const second = await ledger.list(cell, filter, 3, first.cursor);
  expect(second.ids).toEqual(ids.slice(3, 6));
  const third = await ledger.list(cell, filter, 3, second.cursor);
  expect(third).toEqual({ ids: ids.slice(6) });
  expect((await ledger.list(cell, filter, 3)).ids).toEqual(ids.slice(2, 5));
  expect(await ledger.batchCounts(cell, "default", "spring")).toEqual({ queued: 5, canceled: 0 });
});

test("purge: rows purged out of order leave no gap, and a finished batch leaves nothing", async () => {
  await using cell = await testCell();
  const rows = Array.from({ length: 3 }, () => newGeneration(cell, { batch: "spring" }));
  const [first = "", second = "", third = ""] = rows.map(({ id }) => id);
  await ledger.accept(cell, rows);
  for (const gone of [[second], [first], [third]]) {
    await cancel(cell, gone);
    await ledger.purge(cell, "canceled", "default", { retentionMs: -1, limit: 10 });
  }
  expect(await cell.redis.keys(`${ledger.prefixOf(cell.name)}:*spring*`)).toEqual([]);
});

async function cancel(cell: ledger.Cell, ids: readonly string[]): Promise<void> {
  const moved = await sendAll(
    cell,
    ids.map((id) => ({ id, from: ["queued"], to: "canceled", token: `cancel ${id}` })),
  );
  expect(moved.map(({ kind }) => kind)).toEqual(ids.map(() => "moved"));
}
