import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { testCell } from "../test-cell.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(() => cell[Symbol.asyncDispose]());

test("beginUpload: one worker gets the lease of a file per account", async () => {
  const leases = await Promise.all(
    Array.from({ length: 20 }, () => ledger.beginUpload(cell, "toapis", "a.mp4", 60_000)),
  );
  expect(leases.filter((mine) => mine)).toHaveLength(1);
  expect(await ledger.beginUpload(cell, "other", "a.mp4", 60_000)).toBe(true);
});

test("beginUpload: the lease of a dead worker ends", async () => {
  expect(await ledger.beginUpload(cell, "toapis", "a.mp4", 20)).toBe(true);
  await eventually(() => ledger.beginUpload(cell, "toapis", "a.mp4", 60_000), { describe: "the lease ends" });
});

test("renewUpload: extends the lease, never shortens the life of an uploaded file", async () => {
  const leftMs = (file: string) => cell.redis.pttl(cell.keys.upload("toapis", file));
  await ledger.beginUpload(cell, "toapis", "a.mp4", 1_000);
  await ledger.renewUpload(cell, "toapis", "a.mp4", 60_000);
  expect(await leftMs("a.mp4")).toBeGreaterThan(50_000);
  await ledger.recordUpload(cell, "toapis", "b.mp4", { state: { kind: "ready", address: "asset://1" }, ttlMs: 60_000 });
  await ledger.renewUpload(cell, "toapis", "b.mp4", 1_000);
  expect(await leftMs("b.mp4")).toBeGreaterThan(50_000);
});

test("uploadStates: returns the state of a file until it is dropped or expires", async () => {
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
