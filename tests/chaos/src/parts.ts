import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { anyWhere } from "./nemesis/index.ts";
import type { ChaosOptions } from "./options.ts";
import { print, type Summary, summarize, writeReport } from "./report.ts";
import { runChaos } from "./run.ts";
import { type Topology, topologies } from "./world/servers.ts";

/** How much of the work and of the kills each kind of Redis gets, and how much at least. */
const shares: Record<Topology, number> = { alone: 0.8, sentinels: 0.1, cluster: 0.1 };
const least = { generations: 25, kills: 3 };

/** The figures of all parts of a run together; `pickUp` is the first part's, and a nemesis is skipped that no part could meet. */
export interface Whole extends Omit<Summary, "redis"> {
  parts: (Pick<Summary, "redis" | "generations" | "kills" | "failovers" | "violations" | "seconds" | "report"> & {
    strikes: number;
  })[];
}

/** One run for each kind of Redis, one after the other, each with a folder of its own in the report. */
export async function runParts(
  options: ChaosOptions & { parts: readonly Topology[] },
  say: (line: string) => void,
): Promise<Whole> {
  const summaries: Summary[] = [];
  for (const part of dealOut(options)) {
    say(`\n=== Redis: ${part.redis} (${part.generations} generations, ${part.kills} kills)`);
    const outcome = await runChaos(part, say);
    const summary = summarize(outcome);
    say(`\nreport: ${writeReport(outcome, summary)}\n`);
    print(outcome, say);
    summaries.push(summary);
  }
  const whole = addUp(summaries, options);
  if (whole.skipped.length > 0) say(`\nskipped, since no part could meet them: ${whole.skipped.join(", ")}`);
  writeFileSync(join(options.report, "summary.json"), `${JSON.stringify(whole, null, 2)}\n`);
  return whole;
}

/** What each part gets; one in which none of the wished nemeses can be is left out. */
export function dealOut({ parts, ...options }: ChaosOptions & { parts: readonly Topology[] }): ChaosOptions[] {
  const { nemeses, report } = options;
  const chosen = topologies.filter(
    (redis) => parts.includes(redis) && (nemeses === undefined || anyWhere(nemeses, redis)),
  );
  if (chosen.length === 0)
    throw new Error(`--nemeses: none of these can be at a Redis of the kind ${parts.join(", ")}`);
  const [generations, kills] = [
    deal(options.generations, chosen, least.generations),
    deal(options.kills, chosen, least.kills),
  ];
  return chosen.map((redis, i) => ({
    ...options,
    redis,
    generations: generations[i] ?? 0,
    kills: kills[i] ?? 0,
    report: join(report, redis),
  }));
}

/** The first gets what the others leave. */
function deal(whole: number, chosen: readonly Topology[], atLeast: number): number[] {
  const fewest = Math.min(atLeast, whole);
  const all = total(chosen.map((redis) => shares[redis]));
  const small = chosen.slice(1).map((redis) => Math.max(fewest, Math.round((whole * shares[redis]) / all)));
  return [Math.max(fewest, whole - total(small)), ...small];
}

const summed = [
  ...(["generations", "kills", "failovers", "lost", "stuck", "duplicateCharges", "duplicateFinalizations"] as const),
  ...(["unknown", "resolved", "needsReview", "orphans", "violations", "unexpectedExits", "seconds"] as const),
];

function addUp(summaries: readonly Summary[], { seed, report }: Pick<ChaosOptions, "seed" | "report">): Whole {
  const [first] = summaries;
  if (first === undefined) throw new Error("there was no part");
  const { redis: _, ...same } = first;
  return {
    ...same,
    ok: summaries.every(({ ok }) => ok),
    ...Object.fromEntries(summed.map((field) => [field, total(summaries.map((each) => each[field]))])),
    strikes: byName(summaries.map(({ strikes }) => strikes)),
    states: byName(summaries.map(({ states }) => states)),
    skipped: first.skipped.filter((name) => summaries.every(({ skipped }) => skipped.includes(name))),
    seed,
    report,
    parts: summaries.map(({ redis, generations, kills, failovers, violations, seconds, strikes, report: own }) => ({
      ...{ redis, generations, kills, failovers, strikes: total(Object.values(strikes)) },
      ...{ violations, seconds, report: own },
    })),
  };
}

function byName(tallies: readonly Record<string, number>[]): Record<string, number> {
  const names = [...new Set(tallies.flatMap(Object.keys))].sort();
  return Object.fromEntries(names.map((name) => [name, total(tallies.map((tally) => tally[name] ?? 0))]));
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
