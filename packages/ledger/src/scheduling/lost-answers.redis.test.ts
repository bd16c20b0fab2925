import { expect, test } from "vitest";
import type { Cell } from "../cell.ts";
import * as ledger from "../index.ts";
import { generous, newGeneration, running, testCell } from "../test-cell.ts";
import { sendMove } from "../testing/index.ts";

test("claim: sent again after a lost answer, it gets the same leases and no others", async () => {
  await using cell = await testCell();
  const ids = await Promise.all(["a", "b", "c"].map((task) => running(cell, task)));
  const twice = withLostAnswers(cell);
  const options = { fields: ["taskId"], limit: 2, leaseMs: 30_000 } as const;
  // loads the script into Redis
  await ledger.claim(cell, "poll", "jiekou", { ...options, fields: [] });
  const first = await ledger.claim(twice, "poll", "hiapi", options);
  const second = await ledger.claim(cell, "poll", "hiapi", options);
  expect(first.items).toHaveLength(2);
  expect(second.items).toHaveLength(1);
  expect([...first.items, ...second.items].map(({ id }) => id).sort()).toEqual(ids.sort());
  const place = { lane: "poll", account: "hiapi", lease: first.lease, nextInMs: 1_000 } as const;
  const held = await Promise.all(first.items.map(({ id }) => ledger.reschedule(cell, { ...place, id })));
  expect(held).toEqual([true, true]);
});

test("admit: sent again after a lost answer, it returns the same grants and no others", async () => {
  await using cell = await testCell();
  const rows = Array.from({ length: 3 }, () => newGeneration(cell));
  await ledger.accept(cell, rows);
  await ledger.admit(cell, "jiekou", generous);
  const first = await ledger.admit(withLostAnswers(cell), "hiapi", { ...generous, slots: 2 });
  const second = await ledger.admit(cell, "hiapi", generous);
  expect([first.grants.length, second.grants.length]).toEqual([2, 1]);
  const granted = [...first.grants, ...second.grants].map(({ generation }) => generation);
  expect(granted.sort()).toEqual(rows.map(({ id }) => id).sort());
  expect((await ledger.accountStatus(cell, "hiapi")).inFlight).toBe(3);
});

test("redispatch: sent again after a lost answer, it increments the dispatch number once", async () => {
  await using cell = await testCell();
  const { id } = newGeneration(cell);
  await ledger.accept(cell, [newGeneration(cell, { id })]);
  await ledger.admit(cell, "hiapi", generous);
  await ledger.redispatch(cell, "granted", "jiekou", { limit: 10, leaseMs: 30_000 });
  await ledger.makeAllDue(cell, "granted", "hiapi");
  const again = await ledger.redispatch(withLostAnswers(cell), "granted", "hiapi", {
    limit: 10,
    leaseMs: 30_000,
  });
  expect(again).toEqual([{ generation: id, dispatchSeq: 2 }]);
  expect(await ledger.redispatch(cell, "granted", "hiapi", { limit: 10, leaseMs: 30_000 })).toEqual([]);
});

test("claimDeliveries: sent again after a lost answer, it returns the same deliveries", async () => {
  await using cell = await testCell();
  const event = { endpoint: "e", url: "http://e/", body: "{}" };
  for (const task of ["a", "b", "c"])
    await sendMove(cell, { id: await running(cell, task), from: ["running"], to: "failed", token: "f", event });
  await ledger.claimDeliveries(cell, { limit: 0, perEndpoint: 9, leaseMs: 30_000 });
  const options = { limit: 2, perEndpoint: 9, leaseMs: 30_000 };
  const first = await ledger.claimDeliveries(withLostAnswers(cell), options);
  const second = await ledger.claimDeliveries(cell, options);
  expect([first.items.length, second.items.length]).toEqual([2, 1]);
  expect(new Set([...first.items, ...second.items].map((item) => item.id)).size).toBe(3);
  const [item] = first.items;
  expect(item).toMatchObject({ endpoint: "e", url: "http://e/", body: "{}", tries: 0 });
  if (item) expect(await ledger.delivered(cell, item, first.lease, { state: "delivered", note: "200" })).toBe(true);
});

/** Runs each script twice and returns the second answer, as ioredis does after it reconnects. */
function withLostAnswers(cell: Cell): Cell {
  const redis = new Proxy(cell.redis, {
    get(target, name) {
      if (name !== "evalsha") return Reflect.get(target, name);
      return async (...args: Parameters<typeof target.evalsha>) => {
        await target.evalsha(...args);
        return target.evalsha(...args);
      };
    },
  });
  return { ...cell, redis };
}
