import { startLocalRedis } from "@reelqueue/testing";
import type { Options } from "../rig/options.ts";
import type { Report } from "../rig/report.ts";
import { rounds } from "../rig/rounds.ts";
import { median } from "../rig/statistics.ts";
import { openLife } from "./life.ts";

const states = ["waiting", "running", "final"] as const;
type Bytes = Record<(typeof states)[number], number>;
const most: Bytes = { waiting: 1_900, running: 1_800, final: 1_500 };

/** How many bytes of Redis one generation takes while it waits, runs and rests. */
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
        wanted: `≤ ${most[state]}` as const,
        measured: bytes[`${size}`]?.[state] ?? Number.NaN,
      })),
    ),
  };
}

/** Lets that many generations wait, run and succeed in an empty Redis, and looks at its memory between. */
async function bytesEach(count: number, webhook: boolean): Promise<Bytes> {
  const redis = await startLocalRedis();
  try {
    await using life = await openLife(redis.url, webhook);
    const empty = await life.usedMemory();
    const since = async () => ((await life.usedMemory()) - empty) / count;
    await life.accept(count);
    const waiting = await since();
    await life.run(count);
    const running = await since();
    await life.succeed(count);
    return { waiting, running, final: await since() };
  } finally {
    await redis.stop();
  }
}

function mediansOf(runs: readonly Bytes[]): Bytes {
  const of = (state: keyof Bytes) => median(runs.map((run) => run[state]));
  return { waiting: of("waiting"), running: of("running"), final: of("final") };
}
