import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Topology, topologies } from "@reelqueue/testing";
import { anyPossible, nemesisNames } from "./nemesis/index.ts";
import { type ChaosOptions, type CommandOptions, type Log, OptionsError } from "./options.ts";
import { print, type Summary, writeReport } from "./report.ts";
import { runChaos } from "./run.ts";

/** Share of the generations and kills that each topology gets, and the least amount. */
const shares: Record<Topology, number> = { alone: 0.8, sentinels: 0.1, cluster: 0.1 };
const least = { generations: 25, kills: 3 };

/** One run for each topology, one after the other, each with its own folder in the report. */
export async function runParts(options: CommandOptions, log: Log) {
  const summaries: Summary[] = [];
  for (const part of planParts(options)) {
    log(`\n=== Redis: ${part.redis} (${part.generations} generations, ${part.kills} kills)`);
    const outcome = await runChaos(part, log);
    summaries.push(writeReport(outcome));
    log(`\nreport: ${join(part.report, "report.json")}\n`);
    print(outcome, log);
  }
  const whole = addUp(summaries, options);
  if (whole.skipped.length > 0) log(`\nskipped, impossible at every chosen topology: ${whole.skipped.join(", ")}`);
  writeFileSync(join(options.report, "summary.json"), `${JSON.stringify(whole, null, 2)}\n`);
  return whole;
}

/** The options of each part; topologies at which no chosen nemesis is possible are left out. */
export function planParts({ redis: parts, ...options }: CommandOptions): ChaosOptions[] {
  const { nemeses, report } = options;
  const unknown = nemeses?.find((name) => !nemesisNames.includes(name));
  if (unknown !== undefined)
    throw new OptionsError(`--nemeses names "${unknown}"; the names are ${nemesisNames.join(", ")}`);
  const chosen = topologies.filter(
    (redis) => parts.includes(redis) && (nemeses === undefined || anyPossible(nemeses, redis)),
  );
  if (chosen.length === 0) throw new OptionsError(`--nemeses: none of these is possible at --redis ${parts.join(",")}`);
  const generations = split(options.generations, chosen, least.generations);
  const kills = split(options.kills, chosen, least.kills);
  return chosen.map((redis, i) => ({
    ...options,
    redis,
    generations: generations[i] ?? 0,
    kills: kills[i] ?? 0,
    report: join(report, redis),
  }));
}

/** The first part gets the remainder. */
function split(whole: number, chosen: readonly Topology[], atLeast: number): number[] {
  const fewest = Math.min(atLeast, whole);
  const all = total(chosen.map((redis) => shares[redis]));
  const small = chosen.slice(1).map((redis) => Math.max(fewest, Math.round((whole * shares[redis]) / all)));
  return [Math.max(fewest, whole - total(small)), ...small];
}

const summed = [
  ...(["generations", "kills", "failovers", "lost", "stuck", "duplicateCharges", "duplicateFinalizations"] as const),
  ...(["unknown", "resolved", "needsReview", "orphans", "violations", "unexpectedExits", "seconds"] as const),
];

/**
 * The figures of all parts together. `pickUp` is that of the first part; `skipped` are the nemeses that no part could
 * inject.
 */
function addUp(summaries: readonly Summary[], { seed, report }: Pick<ChaosOptions, "seed" | "report">) {
  const [first] = summaries;
  if (first === undefined) throw new Error("no part was run");
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
