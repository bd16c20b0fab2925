import { randomUUID } from "node:crypto";
import type { GenerationInput } from "@reelqueue/contracts";
import { startLocalRedis } from "@reelqueue/testing";
import { Queue } from "bullmq";
import { connectTo } from "../plain/queues.ts";
import { openMeters, type Usage, usagePer } from "../rig/meters.ts";
import { enqueueAll, openProducer } from "../rig/producer.ts";
import { prompts } from "../rig/prompts.ts";
import type { Options, Report } from "../rig/report.ts";
import { median, medians, rounds } from "../rig/runs.ts";
import { writeConfig } from "../rig/system.ts";

const variants = ["producer", "addBulk"] as const;
const chunk = 1_000;
const warmUp = 10_000;

/** Rows a second into Redis, durable when the call returns, beside BullMQ's `addBulk` with the same payloads. */
export async function enqueue({ quick, runs = quick ? 1 : 5 }: Options): Promise<Report> {
  const count = quick ? 20_000 : 100_000;
  const results = await rounds(variants, runs, (variant) => once(variant, count));
  const rates = Object.fromEntries(
    variants.map((name) => [name, median(results[name].map(({ perSecond }) => perSecond))]),
  );
  const ratios = results.producer.map(({ perSecond }, i) => perSecond / (results.addBulk[i]?.perSecond ?? Number.NaN));
  const usages = Object.fromEntries(
    variants.map((name) => [name, medians(results[name].map(({ usage }) => flat(usage)))]),
  );
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
    figures: { rates, usages, ratio: median(ratios) },
    targets: [{ name: "producer / addBulk", wanted: "≥ 0.8", measured: median(ratios) }],
  };
}

async function once(variant: (typeof variants)[number], count: number): Promise<{ perSecond: number; usage: Usage }> {
  await using scope = new AsyncDisposableStack();
  const redis = await startLocalRedis();
  scope.defer(() => redis.stop());
  const send = await open[variant](scope, redis.url);
  const rows = Array.from(prompts(600).take(warmUp + count), rowOf);
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
    const env = { REDIS_URL: redisUrl, ...writeConfig("http://127.0.0.1:9", {}) };
    const producer = scope.use(await openProducer(env));
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

/** One row with its own idempotency key, as the command line sends it. */
function rowOf(prompt: string): GenerationInput {
  const shape = { seconds: 5, ratio: "16:9", resolution: "720p" } as const;
  return { prompt, ...shape, batch: "spring-campaign", idempotencyKey: randomUUID() };
}

function flat({ commands, scripts, cpuMs }: Usage): Record<string, number> {
  return { commands, scripts, ...cpuMs };
}
