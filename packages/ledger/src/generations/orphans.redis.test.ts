import { expect, test } from "vitest";
import * as ledger from "../index.ts";
import { testCell } from "../test-cell.ts";

const tasks = async (list: Promise<ledger.Orphan[]>) => (await list).map(({ task }) => task);

test("acknowledge: an orphan leaves the list, who and when stay, and it is not found again", async () => {
  await using cell = await testCell();
  await ledger.recordUnowned(cell, "ark", ["t1", "t2"]);
  await ledger.recordUnowned(cell, "hiapi", ["t1"]);
  const taken = await ledger.acknowledgeOrphan(cell, { taskId: "t1", account: "ark" }, { by: "default", note: "paid" });
  expect(taken).toMatchObject([{ task: "t1", account: "ark", by: "default", note: "paid" }]);
  expect(await ledger.acknowledgedOrphans(cell)).toEqual(taken);
  expect(Math.abs(Number(taken[0]?.acked) - Date.now())).toBeLessThan(60_000);
  expect(await ledger.orphans(cell)).toMatchObject([
    { task: "t1", account: "hiapi" },
    { task: "t2", account: "ark" },
  ]);
  expect(await ledger.recordUnowned(cell, "ark", ["t1", "t2"])).toEqual([]);
  expect(await ledger.acknowledgeOrphan(cell, { taskId: "t1", account: "ark" }, { by: "default" })).toEqual([]);
  expect(await ledger.acknowledgeOrphan(cell, { taskId: "t1" }, { by: "default" })).toHaveLength(1);
  expect(await tasks(ledger.orphans(cell))).toEqual(["t2"]);
});

test("orphans: all are counted, also beyond a page", async () => {
  await using cell = await testCell();
  const ids = Array.from({ length: 150 }, (_, i) => `t${i}`);
  await ledger.recordUnowned(cell, "ark", ids);
  expect(await ledger.countOrphans(cell)).toBe(150);
  expect(await tasks(ledger.orphans(cell, 60, 100))).toEqual(ids.toReversed().slice(100));
});
