import { startLocalRedis } from "@reelqueue/testing";
import type { Options, Report } from "../rig/report.ts";
import { median, rounds } from "../rig/runs.ts";
import { openLife } from "./life.ts";

const states = ["waiting", "running", "final"] as const;
type Bytes = Record<(typeof states)[number], number>;
const limits: Bytes = { waiting: 1_900, running: 1_800, final: 1_500 };

/** Bytes of Redis per generation while it waits, runs and is final. */
export async function memory({ quick, runs = quick ? 1 : 3 }: Options): Promise<Report> {
  const sizes = quick ? [2_000] : [10_000, 100_000];
  const variants = sizes.flatMap((size) => [`${size}`, `${size} with webhook`]);
  const results = await rounds(variants, runs, (variant) =>
    bytesEach(Number.parseInt(variant, 10), variant.includes("webhook")),
  );
  const bytes = Object.fromEntries(variants.map((variant) => [variant, mediansOf(results[variant] ?? [])]));
  return {
    bench: "memory",
    title: `bytes of Redis per generation with a prompt of 600 bytes in a batch, all keys counted, medians of ${runs}`,
    heads: ["generations", ...states],
    rows: Object.entries(bytes).map(([variant, each]) => [variant, ...states.map((state) => each[state])]),
    figures: { bytes },
    targets: sizes.flatMap((size) =>
      states.map((state) => ({
        name: `${state}, ${size}`,
        wanted: `≤ ${limits[state]}` as const,
        measured: bytes[`${size}`]?.[state] ?? Number.NaN,
      })),
    ),
  };
}

/** Brings generations through waiting, running and succeeded in an empty Redis; measures its memory after each step. */
async function bytesEach(count: number, webhook: boolean): Promise<Bytes> {
  await using redis = await startLocalRedis();
  await using life = await openLife(redis.url, webhook);
  const empty = await life.usedMemory();
  const since = async () => ((await life.usedMemory()) - empty) / count;
  await life.accept(count);
  const waiting = await since();
  await life.run(count);
  const running = await since();
  await life.succeed(count);
  return { waiting, running, final: await since() };
}

function mediansOf(runs: readonly Bytes[]): Bytes {
  const of = (state: keyof Bytes) => median(runs.map((run) => run[state]));
  return { waiting: of("waiting"), running: of("running"), final: of("final") };
}
