import { config } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Move, sendMove } from "@reelqueue/ledger/testing";
import { createLogger, createMetrics } from "@reelqueue/runtime";
import { type LocalRedis, startLocalRedis } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchSafety } from "./redis-safety.ts";

let redis: LocalRedis;
let cell: ledger.Cell;
beforeEach(async () => {
  redis = await startLocalRedis();
  cell = ledger.openCell({ url: redis.url, cell: "reel", role: "worker" });
  await ledger.awaitReady(cell, 5_000);
});
afterEach(async () => {
  await cell[Symbol.asyncDispose]();
  await redis.stop();
});

test.each([
  ["enough memory", 0.5, undefined, undefined],
  ["more than 80 % of its memory in use", 0.85, undefined, /over 80 % .* no new generation is accepted/],
  ["more than 90 % of its memory in use", 0.95, /over 90 % .* nothing new is submitted/, /over 80 %/],
])("a Redis with %s: accepting stops first, then submits", async (_, share, submit, accept) => {
  await cell.redis.setrange("ballast", 50_000_000, "x");
  const used = Number(/^used_memory:(\d+)/m.exec(await cell.redis.info("memory"))?.[1]);
  await cell.redis.config("SET", "maxmemory", String(Math.round(used / share)));
  using watch = await watching();
  expect(watch.submitRefusal() ?? "").toMatch(submit ?? /^$/);
  expect(watch.acceptRefusal() ?? "").toMatch(accept ?? /^$/);
  expect((await watch.ready()).ok).toBe(submit === undefined);
});

test("full Redis: work in progress finishes and old records are purged", async () => {
  const id = ledger.generationId("reel", "default", "key");
  const generation = {
    id,
    requestHash: "h",
    account: "hiapi",
    tenant: "default",
    priority: 0,
    request: "{}",
    runTimeClass: "c",
  };
  await ledger.accept(cell, [generation]);
  const limits = { slots: 9, rate: 0, burst: 0, window: 9, leaseMs: 1_000, weights: {} };
  await ledger.admit(cell, "hiapi", limits);
  await cell.redis.config("SET", "maxmemory", "1");
  const due = { lane: "poll", inMs: 0 } as const;
  const step = (from: "queued" | "submitting", to: "submitting" | "running", token: string) =>
    sendMove(cell, { id, from: [from], to, token, due, ...(to === "running" && { task: "t1" }) } as Move);
  expect((await step("queued", "submitting", "1")).kind).toBe("moved");
  expect((await step("submitting", "running", "2")).kind).toBe("moved");
  const { items, lease } = await ledger.claim(cell, "poll", "hiapi", { fields: [], limit: 9, leaseMs: 1_000 });
  expect(items).toMatchObject([{ id }]);
  await ledger.reschedule(cell, { lane: "poll", account: "hiapi", id, lease, nextInMs: 0 });
  expect((await sendMove(cell, { id, from: ["running"], to: "failed", token: "3" })).kind).toBe("moved");
  expect(await ledger.purge(cell, "failed", "default", { retentionMs: -1, limit: 9 })).toBe(1);
  await expect(ledger.accept(cell, [generation])).rejects.toMatchObject({ kind: "write_rejected" });
});

test("clocks more than 30 s apart stop submits", async () => {
  const real = Date.now;
  try {
    Date.now = () => real() + 60_000;
    using watch = await watching();
    expect(watch.submitRefusal()).toMatch(/clocks .* apart: run NTP/);
  } finally {
    Date.now = real;
  }
});

function watching() {
  return watchSafety(cell, config.parse({}), createLogger({ name: "test", level: "silent" }), createMetrics());
}
