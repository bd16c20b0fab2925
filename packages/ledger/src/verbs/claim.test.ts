import { expect, test } from "vitest";
import type { Cell } from "../cell.ts";
import * as ledger from "../index.ts";
import { running, testCell } from "../test-cell.ts";

test("a claim that is sent again because its answer was lost gets the leases that it made, and no others", async () => {
  await using cell = await testCell();
  const ids = await Promise.all(["a", "b", "c"].map((task) => running(cell, task)));
  const twice = answeredAtTheSecondTime(cell);
  const options = { limit: 2, leaseMs: 30_000 };
  // Redis has the script from here on
  await ledger.claim(cell, "poll", "jiekou", [], options);
  const first = await ledger.claim(twice, "poll", "hiapi", ["task"], options);
  const second = await ledger.claim(cell, "poll", "hiapi", ["task"], options);
  expect(first.items).toHaveLength(2);
  expect(second.items).toHaveLength(1);
  expect([...first.items, ...second.items].map(({ id }) => id).sort()).toEqual(ids.sort());
  const looks = first.items.map(({ id }) => ({ id, nextInMs: 1_000 }));
  expect(await ledger.polled(cell, "poll", "hiapi", first.lease, looks)).toBe(2);
});

/** Its scripts run, their first answers are lost, and the connection sends them again, as ioredis does after a reconnection. */
function answeredAtTheSecondTime(cell: Cell): Cell {
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
