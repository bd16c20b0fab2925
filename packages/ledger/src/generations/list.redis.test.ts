import { states } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
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

describe("newest first", () => {
  const startMs = 1_700_000_000_000;
  const tenants = ["default", "acme", "rival"];
  const newest = (a: Place, b: Place) => b.score - a.score || (a.id < b.id ? 1 : -1);

  /** Puts ids into the indexes by hand, so that the test knows each time; many share one. */
  async function indexed(cell: ledger.Cell, count: number): Promise<Place[]> {
    const places = Array.from({ length: count }, (_, i) => {
      const key = cell.keys.state(states[(i * 7) % states.length] ?? "", tenants[i % tenants.length] ?? "");
      return { id: ledger.generationId(cell.name, "default", `${i}`), score: startMs + ((i * 13) % 40), key };
    });
    await cell.redis.sadd(cell.keys.tenants, ...tenants);
    const commands = cell.redis.pipeline();
    for (const { id, score, key } of places) commands.zadd(key, score, id);
    await commands.exec();
    return places;
  }

  interface Place {
    id: string;
    score: number;
    key: string;
  }

  test("list, page: over states and tenants, by time and then by id", async () => {
    await using cell = await testCell();
    const sorted = (await indexed(cell, 300)).sort(newest).map(({ id }) => id);
    const onPages: string[] = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await ledger.list(cell, {}, 7, cursor);
      onPages.push(...page.ids);
      cursor = page.cursor;
    }
    expect(onPages).toEqual(sorted);
    for (let offset = 0; offset <= 300; offset += 50)
      expect(await ledger.page(cell, states, offset, 20)).toEqual(sorted.slice(offset, offset + 20));
    expect(await ledger.page(cell, [], 0, 20)).toEqual([]);
  });

  test("list: while others move to the front, each that stays is on one page", async () => {
    await using cell = await testCell();
    const places = await indexed(cell, 200);
    const moved = new Set<string>();
    const onPages: string[] = [];
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await ledger.list(cell, {}, 9, cursor);
      onPages.push(...page.ids);
      cursor = page.cursor;
      // the last one of this page too: its cursor holds
      for (const id of [page.ids.at(-1), places[moved.size]?.id]) {
        const place = places.find((each) => each.id === id);
        if (place === undefined) continue;
        moved.add(place.id);
        await cell.redis.zrem(place.key, place.id);
        await cell.redis.zadd(cell.keys.state("succeeded", "acme"), startMs + 1_000 + moved.size, place.id);
      }
    }
    const stayed = places.filter(({ id }) => !moved.has(id)).sort(newest);
    expect(onPages.filter((id) => !moved.has(id))).toEqual(stayed.map(({ id }) => id));
    expect(new Set(onPages).size).toBe(onPages.length);
  });

  test("list: a cursor of an older version begins again, one of no version is none", async () => {
    await using cell = await testCell();
    const sorted = (await indexed(cell, 20)).sort(newest).map(({ id }) => id);
    const text = (words: string) => Buffer.from(words).toString("base64url");
    const old = text(`3 ${startMs} ${sorted[5]}`);
    expect((await ledger.list(cell, {}, 10, old)).ids).toEqual(sorted.slice(0, 10));
    expect([old, text(`${startMs} a`), text("a b"), "zzz"].map((each) => ledger.isCursor(each, false))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("filters without an index", () => {
  /** Older ones of the account "mine" behind newer ones of another. */
  async function behind(cell: ledger.Cell, others: number): Promise<string[]> {
    const mine = Array.from({ length: 3 }, () => newGeneration(cell, { account: "mine", batch: "spring" }));
    await ledger.accept(cell, mine);
    const commands = cell.redis.pipeline();
    for (let i = 0; i < others; i += 1) {
      commands.hset(cell.keys.record(`other-${i}`), { state: "queued", account: "other" });
      commands.zadd(cell.keys.state("queued", "default"), Date.now() + 60_000 + i, `other-${i}`);
    }
    await commands.exec();
    return mine.map(({ id }) => id).sort();
  }

  test("list: three of an account behind 2,000 of another are the first page", async () => {
    await using cell = await testCell();
    const mine = await behind(cell, 2_000);
    const { ids, ...rest } = await ledger.list(cell, { account: "mine" }, 20);
    expect([ids.sort(), rest]).toEqual([mine, {}]);
    const first = await ledger.list(cell, { account: "mine", state: "queued" }, 2);
    const second = await ledger.list(cell, { account: "mine", state: "queued" }, 2, first.cursor);
    expect([...first.ids, ...second.ids].sort()).toEqual(mine);
    expect([first.scanning, second.cursor]).toEqual([undefined, undefined]);
    expect(await ledger.list(cell, { ...filter, state: "running" }, 2)).toEqual({ ids: [] });
  });

  test("list: one call reads a bounded number, says so, and goes on at its cursor", async () => {
    await using cell = await testCell();
    const mine = await behind(cell, ledger.maxScanned);
    const { ids, scanning, cursor } = await ledger.list(cell, { account: "mine" }, 20);
    expect([ids, scanning]).toEqual([[], true]);
    const { ids: next, ...rest } = await ledger.list(cell, { account: "mine" }, 20, cursor);
    expect([next.sort(), rest]).toEqual([mine, {}]);
  });
});
