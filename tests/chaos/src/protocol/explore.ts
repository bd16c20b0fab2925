import type { Installation } from "@reelqueue/pipeline";
import fc from "fast-check";
import type { Rule } from "../without.ts";
import { commands } from "./commands.ts";
import { openInstallation } from "./installation.ts";
import type { Means } from "./provider.ts";
import { settle } from "./settle.ts";
import { enqueue, runSubmit } from "./steps.ts";
import { System } from "./system.ts";

export interface Exploration {
  /** Sequences of events that were run. */
  sequences: number;
  /** What went wrong first, and the events that led to it. */
  violation?: { what: string; events: string };
}

export interface ExploreOptions {
  means: Means;
  /** The rule that is left out. */
  without?: Rule;
  sequences: number;
  seed: number;
}

export const everyMeans: readonly Means[] = ["key", "lookup", "list", "none"];

/**
 * The pairs of rule and provider where leaving out the rule breaks a promise; idempotency keys make some rules
 * redundant.
 */
export const requiredRules: readonly [rule: Rule, means: Means][] = [
  ["intent", "lookup"],
  ["intent", "none"],
  ["durable", "lookup"],
  ["durable", "none"],
  ["no-blind-retry", "lookup"],
  ["no-blind-retry", "key"],
  ["no-blind-retry", "none"],
  ["fence", "lookup"],
  ["fence", "none"],
  ["quiet", "lookup"],
];

/**
 * Runs random sequences of events, the first POST being in flight, through the real pipeline on an empty Redis of its
 * own, each followed by a settling in which everything that waits goes on. Stops at the first attempt that is paid for
 * twice, task that is forgotten or generation that is stuck.
 */
export async function explore(
  installation: Installation,
  { means, without, sequences, seed }: ExploreOptions,
): Promise<Exploration> {
  let count = 0;
  const property = fc.asyncProperty(commands, async (events) => {
    count += 1;
    await installation.cell.redis.flushdb();
    const system = new System(installation, means, without);
    await enqueue(system);
    await system.dispatch({ lost: false });
    await runSubmit({ which: 0, again: false }, system);
    await fc.asyncModelRun(() => ({ model: {}, real: system }), events);
    await settle(system);
  });
  const result = await fc.check(property, { numRuns: sequences, seed, endOnFailure: without !== undefined });
  if (!result.failed) return { sequences: count };
  const what = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  return { sequences: count, violation: { what, events: `${result.counterexample?.[0]}` } };
}

/** Sequences after which a broken rule counts as not found. */
export const mostWithoutRule = 5_000;

interface NamedExploration extends Exploration {
  name: string;
}

/** Explores every kind of provider with all rules, and without each rule that is required there; prints what it finds. */
export async function exploreAll(
  { sequences, seed }: Pick<ExploreOptions, "sequences" | "seed">,
  log: (line: string) => void,
): Promise<{ ok: boolean; explorations: NamedExploration[] }> {
  await using scope = new AsyncDisposableStack();
  const installation = await openInstallation(scope);
  const run = async (name: string, means: Means, without?: Rule): Promise<NamedExploration> => {
    const options = without === undefined ? { sequences } : { without, sequences: mostWithoutRule };
    const found = await explore(installation, { means, seed, ...options });
    log(`${name}: ${found.sequences} sequences: ${found.violation?.what ?? "no violation"}`);
    if (found.violation !== undefined) log(`    ${found.violation.events}`);
    return { name, ...found };
  };
  const whole: NamedExploration[] = [];
  for (const means of everyMeans) whole.push(await run(`all rules, ${means}`, means));
  const broken: NamedExploration[] = [];
  for (const [rule, means] of requiredRules) broken.push(await run(`without ${rule}, ${means}`, means, rule));
  const ok =
    whole.every(({ violation }) => violation === undefined) && broken.every(({ violation }) => violation !== undefined);
  return { ok, explorations: [...whole, ...broken] };
}
