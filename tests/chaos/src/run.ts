import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gather } from "./check/evidence.ts";
import { check } from "./check/index.ts";
import { measurePickUp } from "./check/pick-up.ts";
import { idsOf, makeRows, type Row, startFeed } from "./feed.ts";
import { heal, injectFaults } from "./inject.ts";
import { planFaults } from "./nemesis/index.ts";
import { startObserver } from "./observer.ts";
import { startOperator } from "./operator.ts";
import type { ChaosOptions, Log } from "./options.ts";
import { seededRandom } from "./random.ts";
import { accountNames, type ChaosSystem, clockFactor, startChaosSystem } from "./system/system.ts";
import { waitForIdle } from "./wait-for-idle.ts";

export type Outcome = Awaited<ReturnType<typeof runChaos>>;

/** After the last fault: generations that make no progress for this long count as stuck. */
export const healMs = 180_000;

/**
 * One run: starts a system, a producer and an operator, injects the planned faults, heals, waits until the system is
 * idle and checks all evidence.
 */
export async function runChaos(options: ChaosOptions, log: Log) {
  const startedAt = performance.now();
  await using system = await startSystem(options, log);
  const rows = rowsOf(options, system);
  await using observer = startObserver(rows, system);
  await using _ = startOperator(system, options.lateMs);
  const { injections, skipped } = await sendUnderFaults(rows, options, system, log);
  const stuck = await waitForIdle(idsOf(rows), system.installation, options.productionLeases ? 5 * healMs : healMs);
  // The last late task appears and its provider calls back.
  if (options.lateMs !== undefined) await wait(options.lateMs + 2_000);
  const takeovers = system.redis.takeovers();
  const evidence = await gather(system, rows, { changedEnds: observer.changed(), stuck, takeovers });
  const restarts = injections.filter(({ nemesis }) => restarting.includes(nemesis)).map(({ overAtMs }) => overAtMs);
  return {
    options,
    /** Nemeses that are impossible at this topology or on this machine. */
    skipped,
    injections,
    processEnds: system.processEnds,
    /** How often another Redis server took over. */
    failovers: takeovers,
    evidence,
    findings: check(evidence),
    pickUp: measurePickUp(evidence, system.processEnds, restarts),
    /** How often the observer read all states. */
    observations: observer.count(),
    seconds: Math.round((performance.now() - startedAt) / 1_000),
  };
}

/** The rows of the producer; the seed decides them. */
export function rowsOf({ generations, faults, accounts, seed }: ChaosOptions, { receiver }: ChaosSystem): Row[] {
  const rows = { count: generations, faults, accounts: accounts ?? accountNames, webhook: receiver.url };
  return makeRows({ ...rows, run: `c${seed}` }, seededRandom(seed, "faults"));
}

/** Sends the rows while the planned faults are injected, heals, and waits until the last row is answered. */
export async function sendUnderFaults(rows: Row[], options: ChaosOptions, system: ChaosSystem, log: Log) {
  const feed = startFeed(rows, system.apiUrl, seededRandom(options.seed, "feed"));
  const { plan, skipped } = planFaults(options, seededRandom(options.seed, "plan"), system);
  const injections = await injectFaults(plan, options, { system, feed, log });
  await heal(system);
  log("no more faults; waiting until the system is idle");
  feed.upTo(rows.length);
  await Promise.race([feed.done, wait(healMs)]);
  feed.giveUp();
  return { injections, skipped };
}

/** `plain`: of the plain BullMQ solution. */
export async function startSystem(options: ChaosOptions, log: Log, plain = false): Promise<ChaosSystem> {
  const { redis, seed, workers, without, productionLeases, lateMs, report } = options;
  const system = await startChaosSystem({
    ...{ redis, seed, workers, plain, logs: join(report, "logs") },
    env: {
      ...(without !== undefined && { WITHOUT: without }),
      ...(productionLeases && { LEASES: "production" }),
    },
    ...(lateMs !== undefined && { simulator: { acceptLateMs: lateMs * clockFactor } }),
  });
  log(`started ${system.processes.length} processes, ${system.redis.url}, simulator at ${system.simulator.url}`);
  return system;
}

/** Nemeses that end with a restart of Redis. */
const restarting = ["redis-kill", "redis-and-all", "power-cut"];
