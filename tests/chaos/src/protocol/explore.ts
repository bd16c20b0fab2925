import type { Installation } from "@reelqueue/pipeline";
import fc from "fast-check";
import type { Log } from "../options.ts";
import type { Rule } from "../without.ts";
import { commands } from "./commands.ts";
import { openInstallation } from "./installation.ts";
import type { Means } from "./provider.ts";
import { settle } from "./settle.ts";
import { enqueue, runSubmit } from "./steps.ts";
import { System } from "./system.ts";

interface ExploreOptions {
  means: Means;
  /** The rule that is left out. */
  without?: Rule | undefined;
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
 * twice, task that is forgotten or generation that is stuck; returns what went wrong and the events that led to it.
 */
export async function explore(installation: Installation, { means, without, sequences, seed }: ExploreOptions) {
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
  const violation = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  return { sequences: count, violation, events: `${result.counterexample?.[0]}` };
}

/** Sequences after which a broken rule counts as not found. */
export const mostWithoutRule = 5_000;

/** Explores every kind of provider with all rules, and without each rule that is required there; prints what it finds. */
export async function exploreAll({ sequences, seed }: Omit<ExploreOptions, "means">, log: Log) {
  await using scope = new AsyncDisposableStack();
  const installation = await openInstallation(scope);
  const whole = everyMeans.map((means) => ({ name: `all rules, ${means}`, means, without: undefined, sequences }));
  const broken = requiredRules.map(([without, means]) => {
    return { name: `without ${without}, ${means}`, means, without, sequences: mostWithoutRule };
  });
  let ok = true;
  const visits: { name: string; sequences: number; violation: string | undefined }[] = [];
  for (const { name, ...options } of [...whole, ...broken]) {
    const { events, violation, sequences } = await explore(installation, { ...options, seed });
    log(`${name}: ${sequences} sequences: ${violation ?? "no violation"}`);
    if (events !== undefined) log(`    ${events}`);
    ok &&= (violation === undefined) === (options.without === undefined);
    visits.push({ name, sequences, violation });
  }
  return { ok, visits };
}
