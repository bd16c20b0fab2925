import { limits } from "@reelqueue/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { newGeneration, testCell } from "../test-cell.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});

test("accept: the same id with the same body is one generation, with another body a mismatch", async () => {
  const generation = newGeneration(cell);
  expect(await ledger.accept(cell, [generation])).toEqual(["accepted"]);
  expect(await ledger.accept(cell, [generation, { ...generation, requestHash: "other" }])).toEqual([
    "existing",
    "mismatch",
  ]);
  expect((await ledger.counts(cell)).queued).toBe(1);
});

test("accept: 50 concurrent calls with one key make one record", async () => {
  const generation = newGeneration(cell);
  const answers = await Promise.all(Array.from({ length: 50 }, () => ledger.accept(cell, [generation])));
  expect(answers.flat().filter((answer) => answer === "accepted")).toHaveLength(1);
});

test("accept: an id twice in one call is written once", async () => {
  const generation = newGeneration(cell);
  expect(await ledger.accept(cell, [generation, generation, { ...generation, requestHash: "x" }])).toEqual([
    "accepted",
    "existing",
    "mismatch",
  ]);
});

test("accept: an atomic call takes 5,000 rows of one batch", async () => {
  const rows = Array.from({ length: 5_000 }, () => newGeneration(cell, { batch: "large" }));
  expect(new Set(await ledger.accept(cell, rows, { atomic: true }))).toEqual(new Set(["accepted"]));
  expect(await ledger.batchCounts(cell, "default", "large")).toEqual({ queued: 5_000 });
});

test("accept: an atomic call with two bodies under one id writes nothing", async () => {
  const row = newGeneration(cell);
  expect(await ledger.accept(cell, [row, { ...row, requestHash: "x" }], { atomic: true })).toEqual([
    "skipped",
    "mismatch",
  ]);
  expect((await ledger.counts(cell)).queued).toBe(0);
});

test("accept: an atomic call with one mismatch writes nothing", async () => {
  const old = newGeneration(cell);
  await ledger.accept(cell, [old]);
  const fresh = newGeneration(cell);
  expect(await ledger.accept(cell, [fresh, { ...old, requestHash: "other" }], { atomic: true })).toEqual([
    "skipped",
    "mismatch",
  ]);
  expect(await ledger.read(cell, fresh.id)).toBeUndefined();
});

test("read: returns the whole request, with the fields of the record", async () => {
  const request = {
    prompt: "a cup",
    model: "seedance-2.0",
    seconds: 5,
    images: [],
    videos: [],
    audios: [],
    tags: ["x"],
    metadata: { a: 1 },
  };
  const generation = newGeneration(cell, { request: JSON.stringify(request), batch: "b", priority: 3, tenant: "t" });
  await ledger.accept(cell, [generation]);
  expect((await ledger.read(cell, generation.id))?.request).toMatchObject({
    ...request,
    batch: "b",
    priority: 3,
    tenant: "t",
    account: "hiapi",
  });
});

test("accept: refuses a request above the size limit without a call to Redis", async () => {
  const large = newGeneration(cell, { request: "x".repeat(limits.requestBytes + 1) });
  await expect(ledger.accept(cell, [large])).rejects.toMatchObject({ kind: "too_large" });
});

test("accept: 3,000 rows are accepted in order", async () => {
  const many = Array.from({ length: 3_000 }, () => newGeneration(cell, { batch: "big" }));
  expect(new Set(await ledger.accept(cell, many))).toEqual(new Set(["accepted"]));
  const page = await ledger.list(cell, { tenant: "default", batch: "big" }, 100);
  expect(page.ids).toEqual(many.slice(0, 100).map(({ id }) => id));
  expect(await ledger.batchCounts(cell, "default", "big")).toEqual({ queued: 3_000 });
});

test("list, page: every generation is on exactly one page", async () => {
  const many = Array.from({ length: 250 }, (_, i) => newGeneration(cell, { tenant: `t${i % 3}` }));
  await ledger.accept(cell, many);
  const seen: string[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page: ledger.IdPage = await ledger.list(cell, { state: "queued" }, 40, cursor);
    seen.push(...page.ids);
    cursor = page.cursor;
  }
  expect(seen.toSorted()).toEqual(many.map(({ id }) => id).toSorted());
  const pages = await Promise.all([0, 100, 200].map((offset) => ledger.page(cell, ["queued"], offset, 100)));
  expect(pages.flat().toSorted()).toEqual(many.map(({ id }) => id).toSorted());
});
