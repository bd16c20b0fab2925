import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { testCell } from "../test-cell.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(() => cell[Symbol.asyncDispose]());

test("of many that want to upload a file at once, one may; at another account another one", async () => {
  const begun = await Promise.all(
    Array.from({ length: 20 }, () => ledger.beginUpload(cell, "toapis", "a.mp4", 60_000)),
  );
  expect(begun.filter((mine) => mine)).toHaveLength(1);
  expect(await ledger.beginUpload(cell, "other", "a.mp4", 60_000)).toBe(true);
});

test("an upload whose worker never came back is anyone's after its lease", async () => {
  expect(await ledger.beginUpload(cell, "toapis", "a.mp4", 20)).toBe(true);
  await eventually(() => ledger.beginUpload(cell, "toapis", "a.mp4", 60_000), { describe: "the lease ends" });
});

test("an upload that is held stays its worker's for longer, and a file that is there for as long as before", async () => {
  const leftMs = (file: string) => cell.redis.pttl(cell.keys.upload("toapis", file));
  await ledger.beginUpload(cell, "toapis", "a.mp4", 1_000);
  await ledger.renewUpload(cell, "toapis", "a.mp4", 60_000);
  expect(await leftMs("a.mp4")).toBeGreaterThan(50_000);
  await ledger.recordUpload(cell, "toapis", "b.mp4", { state: { kind: "ready", address: "asset://1" }, ttlMs: 60_000 });
  await ledger.renewUpload(cell, "toapis", "b.mp4", 1_000);
  expect(await leftMs("b.mp4")).toBeGreaterThan(50_000);
});

test("what became of a file is told until it is dropped or forgotten", async () => {
  await ledger.recordUpload(cell, "toapis", "a.mp4", { state: { kind: "ready", address: "asset://1" }, ttlMs: 60_000 });
  await ledger.recordUpload(cell, "toapis", "b.mp4", { state: { kind: "processing", assetId: "2" }, ttlMs: 60_000 });
  expect(await ledger.uploadStates(cell, "toapis", ["b.mp4", "none.mp4", "a.mp4"])).toEqual([
    { kind: "processing", assetId: "2" },
    undefined,
    { kind: "ready", address: "asset://1" },
  ]);
  expect(await ledger.beginUpload(cell, "toapis", "a.mp4", 60_000)).toBe(false);
  await ledger.dropUpload(cell, "toapis", "a.mp4");
  expect(await ledger.uploadStates(cell, "toapis", ["a.mp4"])).toEqual([undefined]);
  expect(await ledger.uploadStates(cell, "toapis", [])).toEqual([]);
});
