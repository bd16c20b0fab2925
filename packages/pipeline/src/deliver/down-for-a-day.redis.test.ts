import * as ledger from "@reelqueue/ledger";
import { eventually, startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { accept, cancel, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { startDeliverer } from "./deliver.ts";
import { deliveryDelaysMs } from "./send.ts";

const hour = 3_600_000;
const count = 20;
/** Tries at 0, 5 s, 5 min, 35 min, 2.6 h, 7.6 h and 17.6 h fail; the next one is due after 31.6 h. */
const missed = 7;

test("receiver down for a day: it gets every event afterwards, same ids, same bytes, tried by the schedule", async () => {
  await using scope = new AsyncDisposableStack();
  const ctx = await testInstallation(scope, {}, { allowPrivate: ["127.0.0.0/8"] });
  await using receiver = await startReceiver({ secret: ctx.secrets.webhookSecrets("default")[0] ?? "" });
  receiver.answerNext(...Array.from({ length: missed * count }, (_, i) => (i % 3 === 0 ? "cut" : 503)));
  await createEvents(receiver.url, ctx);
  const deliverer = scope.use(startDeliverer(ctx, { concurrency: 5, perEndpoint: 5, maxSleepMs: 20 }));

  const waits: number[] = [];
  for (let tries = 1; tries <= missed; tries += 1) {
    await waitForTries(tries, ctx);
    waits.push(await skipWait(ctx));
    deliverer.wake();
  }
  await eventually(async () => (await ledger.countDeliveries(ctx.cell)).delivered === count, {
    describe: "all are delivered",
  });

  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(24 * hour);
  for (const [i, wait] of waits.entries()) {
    const planned = deliveryDelaysMs[i + 1] ?? Number.NaN;
    expect(Math.abs(wait / planned - 1)).toBeLessThan(0.15);
  }
  const byId = Map.groupBy(receiver.received, ({ id }) => id);
  expect(byId.size).toBe(count);
  for (const tries of byId.values()) {
    expect(tries).toHaveLength(missed + 1);
    expect(new Set(tries.map(({ body }) => body)).size).toBe(1);
    expect(tries.every(({ verified }) => verified)).toBe(true);
    expect(tries.map(({ status }) => status === 200)).toEqual([...Array(missed).fill(false), true]);
  }
}, 60_000);

async function createEvents(webhook: string, ctx: Installation): Promise<void> {
  const quiet = { ...ctx, queues: { ...ctx.queues, add: async () => {} } };
  const input = { account: "jiekou", prompt: "a lamp", resolution: "480p", seconds: 4, webhook };
  const rows = await accept(Array(count).fill(input), { tenant: "default" }, quiet);
  for (const row of rows) if ("id" in row) await cancel(row.id, quiet);
}

/** Waits until every delivery has been tried `tries` times and none is in flight. */
async function waitForTries(tries: number, { cell }: Installation): Promise<void> {
  await eventually(
    async () => {
      const ids = await ledger.listDeliveries(cell, "pending", 0, count);
      const deliveries = await ledger.readDeliveries(cell, ids);
      return deliveries.length === count && deliveries.every((each) => each?.tries === tries);
    },
    { describe: `each is tried ${tries} times`, timeoutMs: 20_000, everyMs: 20 },
  );
}

/** Makes all deliveries due now; returns the wait that was left, in ms on average. */
async function skipWait({ cell }: Installation): Promise<number> {
  const [due = ""] = await cell.redis.keys(`${cell.prefix}:d:deliver:*`);
  const endpoint = due.slice(`${cell.prefix}:d:deliver:`.length);
  const scored = (await cell.redis.call("ZRANGE", due, "0", "-1", "WITHSCORES")) as (string | [string, number])[];
  const flat = scored.flat().map(String);
  const ids = flat.filter((_, i) => i % 2 === 0);
  const sum = flat.filter((_, i) => i % 2 === 1).reduce((total, score) => total + Number(score), 0);
  await cell.redis.zadd(due, ...ids.flatMap((id) => ["1", id]));
  await cell.redis.zadd(cell.keys.endpoints, "1", endpoint);
  return sum / ids.length - Date.now();
}
