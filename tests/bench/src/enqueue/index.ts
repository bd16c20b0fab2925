import { randomUUID } from "node:crypto";
import type { GenerationInput } from "@reelqueue/contracts";
import { startLocalRedis } from "@reelqueue/testing";
import { Queue } from "bullmq";
import { connectTo } from "../plain/queues.ts";
import { compared } from "../rig/compared.ts";
import { openMeters, type Usage, usagePer } from "../rig/meters.ts";
import { enqueueAll, openProducer, writeConfig } from "../rig/producer.ts";
import { rowsOf } from "../rig/prompts.ts";
import type { Options, Report } from "../rig/report.ts";
import { rounds } from "../rig/runs.ts";

const variants = ["producer", "addBulk"] as const;
const chunk = 1_000;
const warmUp = 10_000;

/** Rows a second into Redis, durable when the call returns, beside BullMQ's `addBulk` with the same payloads. */
export async function enqueue({ quick, runs = quick ? 1 : 5 }: Options): Promise<Report> {
  const count = quick ? 20_000 : 100_000;
  const { rates, usages, ratio } = compared(await rounds(variants, runs, (variant) => once(variant, count)));
  const overBulk = ratio("producer", "addBulk");
  return {
    bench: "enqueue",
    title: `${count} rows with prompts of 600 bytes, medians of ${runs}; CPU in µs and Redis commands per row`,
    heads: ["", "rows per second", "redis", "node", "commands"],
    rows: variants.map((name) => [
      name,
      rates[name] ?? 0,
      1_000 * (usages[name]?.redis ?? 0),
      1_000 * (usages[name]?.node ?? 0),
      usages[name]?.commands ?? 0,
    ]),
    figures: { rates, usages, ratio: overBulk },
    targets: [{ name: "producer / addBulk", wanted: "≥ 0.8", measured: overBulk }],
  };
}

async function once(variant: (typeof variants)[number], count: number): Promise<{ perSecond: number; usage: Usage }> {
  await using scope = new AsyncDisposableStack();
  const redis = scope.use(await startLocalRedis());
  const send = await open[variant](scope, redis.url);
  const shape = { seconds: 5, ratio: "16:9", resolution: "720p", batch: "spring-campaign" } as const;
  // each with its own idempotency key, as the command line sends them
  const rows = rowsOf(warmUp + count, shape).map((row) => ({ ...row, idempotencyKey: randomUUID() }));
  await send(rows.slice(0, warmUp));
  const meters = scope.use(openMeters(redis.url, { node: process.pid }));
  const all = rows.slice(warmUp);
  const before = await meters.read();
  await send(all);
  const usage = usagePer(count, before, await meters.read());
  return { perSecond: count / usage.seconds, usage };
}

const open = {
  producer: async (scope: AsyncDisposableStack, redisUrl: string) => {
    const producer = scope.use(await openProducer(redisUrl, writeConfig("http://127.0.0.1:9", {})));
    return async (rows: GenerationInput[]) => void (await enqueueAll(producer, rows));
  },
  addBulk: async (scope: AsyncDisposableStack, redisUrl: string) => {
    const connection = connectTo(redisUrl);
    scope.defer(() => connection.disconnect());
    const queue = new Queue("enqueue", { connection });
    return async (rows: GenerationInput[]) => {
      for (let start = 0; start < rows.length; start += chunk) {
        const part = rows.slice(start, start + chunk);
        await queue.addBulk(part.map((data) => ({ name: "submit", data, opts: { jobId: data.idempotencyKey ?? "" } })));
      }
    };
  },
};
