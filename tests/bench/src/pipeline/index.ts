import { compared } from "../rig/compared.ts";
import type { Options, Report } from "../rig/report.ts";
import { rounds } from "../rig/runs.ts";
import { chain } from "./chain.ts";
import type { Load } from "./load.ts";
import { ours } from "./ours.ts";
import { plain } from "./plain.ts";

const variants = ["reelqueue", "plain", "chain", "reelqueue, 50 KB kept", "plain, 50 KB kept"] as const;
type Variant = (typeof variants)[number];

/** Generations a second through the whole system, beside a plain BullMQ solution with the same HTTP work. */
export async function pipeline({ quick, runs = quick ? 1 : 5 }: Options): Promise<Report> {
  const load: Load = {
    generations: quick ? 1_000 : 10_000,
    warmUp: quick ? 200 : 1_000,
    polls: 6,
    outputBytes: 0,
    timeScale: 300,
    inFlight: 2_000,
    plainFirstPollMs: 50,
    concurrency: { submit: 50, poll: 100, finalize: 50 },
    timeoutMs: 180_000,
  };
  const { rates, usages, ratio } = compared(await rounds(variants, runs, (variant) => once(variant, load)));
  return {
    bench: "pipeline",
    title: `${load.generations} generations of 6 polls, medians of ${runs}; CPU in ms and Redis commands per generation`,
    heads: ["", "per second", ...columns, "commands", "scripts"],
    rows: variants.map((variant) => row(variant, rates[variant] ?? Number.NaN, usages[variant] ?? {})),
    figures: { rates, usages, ratios: { chain: ratio("reelqueue", "chain"), ...ratiosToPlain(ratio) } },
    targets: Object.entries(ratiosToPlain(ratio)).map(([name, measured]) => ({ name, wanted: "≥ 1.2", measured })),
  };
}

const columns = ["redis", "producer", "submitter", "poller", "finalizer", "workers", "simulator", "receiver"];

async function once(variant: Variant, load: Load) {
  switch (variant) {
    case "reelqueue":
      return ours(load);
    case "plain":
      return plain(load);
    case "chain":
      return chain(load.generations, load.warmUp, load.timeoutMs);
    case "reelqueue, 50 KB kept":
      return ours({ ...load, outputBytes: 50_000 });
    case "plain, 50 KB kept":
      return plain({ ...load, outputBytes: 50_000 });
  }
}

function ratiosToPlain(ratio: (over: Variant, under: Variant) => number): Record<string, number> {
  return {
    "reelqueue / plain, nothing kept": ratio("reelqueue", "plain"),
    "reelqueue / plain, 50 KB kept": ratio("reelqueue, 50 KB kept", "plain, 50 KB kept"),
  };
}

function row(name: string, perSecond: number, usage: Record<string, number>): (string | number)[] {
  return [name, perSecond, ...[...columns, "commands", "scripts"].map((column) => usage[column] ?? "")];
}
