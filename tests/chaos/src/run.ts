import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Evidence, type Finding, gather } from "./check/evidence.ts";
import { check } from "./check/index.ts";
import { measurePickUp, type PickUp } from "./check/pick-up.ts";
import { type Feed, idsOf, makeRows, type Row, startFeed } from "./feed.ts";
import { heal, type Injection, injectFaults } from "./inject.ts";
import { planFaults } from "./nemesis/index.ts";
import { startObserver } from "./observer.ts";
import { startOperator } from "./operator.ts";
import type { ChaosOptions } from "./options.ts";
import { seededRandom } from "./random.ts";
import type { ProcessEnd } from "./system/supervised-process.ts";
import { accountNames, type ChaosSystem, clockFactor, startChaosSystem } from "./system/system.ts";
import { waitForIdle } from "./wait-for-idle.ts";

export interface Outcome {
  options: ChaosOptions;
  /** Nemeses that are impossible at this topology or on this machine. */
  skipped: string[];
  injections: Injection[];
  processEnds: ProcessEnd[];
  /** How often another Redis server took over. */
  failovers: number;
  evidence: Evidence;
  findings: Finding[];
  pickUp: PickUp;
  /** How often the observer read all states. */
  observations: number;
  seconds: number;
}

/** After the last fault: generations that make no progress for this long count as stuck. */
export const healMs = 180_000;

/**
 * One run: starts a system, a producer and an operator, injects the planned faults, heals, waits until the system is
 * idle and checks all evidence.
 */
export async function runChaos(options: ChaosOptions, log: (line: string) => void): Promise<Outcome> {
  const startedAt = performance.now();
  await using system = await startSystem(options, log);
  const { generations: count, faults, accounts = accountNames, seed } = options;
  const rowOptions = { count, faults, accounts, webhook: system.receiver.url, run: `c${seed}` };
  const rows = makeRows(rowOptions, seededRandom(seed, "faults"));
  await using observer = startObserver(rows, system);
  await using _ = startOperator(system, options.lateMs);
  const feed = startFeed(rows, system.apiUrl, seededRandom(seed, "feed"));
  const { plan, skipped } = planFaults(options, seededRandom(seed, "plan"), system);
  const injections = await injectFaults(plan, options, { system, feed, log });
  await heal(system);
  log("no more faults; waiting for every generation to rest");
  const stuck = await drain(rows, system, feed, options);
  // The last late task appears and its provider calls back.
  if (options.lateMs !== undefined) await wait(options.lateMs + 2_000);
  const takeovers = system.redis.takeovers();
  const evidence = await gather(system, rows, { changedEnds: observer.changed(), stuck, takeovers });
  return {
    options,
    skipped,
    injections,
    processEnds: system.processEnds,
    failovers: takeovers,
    evidence,
    findings: check(evidence),
    pickUp: measurePickUp(evidence, system.processEnds, restartsIn(injections)),
    observations: observer.count(),
    seconds: Math.round((performance.now() - startedAt) / 1_000),
  };
}

async function startSystem(options: ChaosOptions, log: (line: string) => void): Promise<ChaosSystem> {
  const { redis, seed, workers, without, productionLeases, lateMs, report } = options;
  mkdirSync(report, { recursive: true });
  const system = await startChaosSystem({
    ...{ redis, seed, workers, logs: join(report, "logs") },
    env: {
      ...(without !== undefined && { WITHOUT: without }),
      ...(productionLeases && { LEASES: "production" }),
    },
    ...(lateMs !== undefined && { simulator: { acceptLateMs: lateMs * clockFactor } }),
  });
  log(`started ${system.processes.length} processes, ${system.redis.url}, simulator at ${system.simulator.url}`);
  return system;
}

/** Releases all rows and waits until the system is idle; returns the ids of generations that do not rest. */
async function drain(
  rows: readonly Row[],
  system: ChaosSystem,
  feed: Feed,
  { productionLeases }: ChaosOptions,
): Promise<string[]> {
  feed.upTo(rows.length);
  await Promise.race([feed.done, wait(healMs)]);
  feed.giveUp();
  return waitForIdle(idsOf(rows), system, productionLeases ? 5 * healMs : healMs);
}

/** Nemeses that end with a restart of Redis. */
const restarting = ["redis-kill", "redis-and-all", "power-cut"];

function restartsIn(injections: readonly Injection[]): number[] {
  const restarts = injections.filter(({ nemesis }) => restarting.includes(nemesis));
  return restarts.map(({ overAtMs }) => overAtMs);
}
