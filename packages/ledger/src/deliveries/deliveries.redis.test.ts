import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { running, testCell } from "../test-cell.ts";
import { sendMove } from "../testing/index.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});

async function announce(count: number, endpoint: string): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const id = await running(cell, `${endpoint}-${i}`);
    await sendMove(cell, {
      id,
      from: ["running"],
      to: "failed",
      token: "f",
      event: { endpoint, url: `http://${endpoint}/`, body: `{"i":${i}}` },
    });
  }
}
const claim = (perEndpoint = 4, leaseMs = 30_000) => ledger.claimDeliveries(cell, { limit: 100, perEndpoint, leaseMs });

test("claimDeliveries: an endpoint gets at most its cap and does not block others", async () => {
  await announce(10, "slow");
  await announce(2, "quick");
  const first = await claim();
  expect(Map.groupBy(first.items, ({ endpoint }) => endpoint).get("slow")).toHaveLength(4);
  expect(Map.groupBy(first.items, ({ endpoint }) => endpoint).get("quick")).toHaveLength(2);
  expect((await claim()).items).toEqual([]);
  const done = first.items.find(({ endpoint }) => endpoint === "slow");
  if (done) await ledger.delivered(cell, done, first.lease, { state: "delivered", note: "200" });
  expect((await claim()).items.map(({ endpoint }) => endpoint)).toEqual(["slow"]);
});

test("delivery: attempts have the same id and bytes, are recorded, and end as exhausted", async () => {
  await announce(1, "e");
  const bodies: string[] = [];
  for (let tries = 0; tries < 3; tries += 1) {
    const { items, lease } = await claim();
    const [item] = items;
    expect(item?.tries).toBe(tries);
    bodies.push(`${item?.id} ${item?.body}`);
    if (item)
      await ledger.delivered(cell, item, lease, {
        state: tries === 2 ? "exhausted" : "pending",
        nextInMs: 0,
        note: `500 number ${tries}`,
      });
  }
  expect(new Set(bodies).size).toBe(1);
  const [id] = await ledger.listDeliveries(cell, "exhausted", 0, 10);
  const [delivery] = await ledger.readDeliveries(cell, [id ?? ""]);
  expect(delivery).toMatchObject({ state: "exhausted", tries: 3 });
  expect(delivery?.log.map(({ note }) => note)).toEqual(["500 number 0", "500 number 1", "500 number 2"]);
});

test("delivered: refused after the lease has passed", async () => {
  await announce(1, "e");
  const first = await claim(4, 0);
  const second = await claim();
  const [item] = first.items;
  expect(second.items).toHaveLength(1);
  expect(item && (await ledger.delivered(cell, item, first.lease, { state: "delivered", note: "200" }))).toBe(false);
});

test("replay: the delivery is due again under the same id", async () => {
  await announce(1, "e");
  const { items, lease } = await claim();
  const [item] = items;
  if (item) await ledger.delivered(cell, item, lease, { state: "delivered", note: "200" });
  expect(await ledger.replay(cell, "msg_nobody")).toBe(false);
  expect(await ledger.replay(cell, item?.id ?? "")).toBe(true);
  expect((await claim()).items.map(({ id, body }) => [id, body])).toEqual([[item?.id, item?.body]]);
});
