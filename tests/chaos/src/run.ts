import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Evidence, gather } from "./check/evidence.ts";
import type { Finding } from "./check/finding.ts";
import { check } from "./check/index.ts";
import { type PickUp, pickUp } from "./check/pick-up.ts";
import { type Feed, makeRows, type Row, startFeed } from "./feed.ts";
import { planStrikes } from "./nemesis/index.ts";
import { startObserver } from "./observer.ts";
import type { ChaosOptions } from "./options.ts";
import { startPerson } from "./person.ts";
import { quiet } from "./quiet.ts";
import { chance } from "./random.ts";
import { heal, type Strike, strikeOut } from "./strike-out.ts";
import type { Ended } from "./world/slot.ts";
import { accountNames, clockFactor, startWorld, type World } from "./world/world.ts";

export interface Outcome {
  options: ChaosOptions;
  /** Nemeses that cannot be at this Redis, or on this machine. */
  skipped: string[];
  strikes: Strike[];
  endings: Ended[];
  /** How often another server of Redis took over. */
  failovers: number;
  evidence: Evidence;
  findings: Finding[];
  pickUp: PickUp;
  looks: number;
  seconds: number;
}

/** How long nothing may come to rest once nobody strikes any more, before the rest counts as stuck. */
export const healMs = 180_000;

/** One run: a system, a producer, a person who settles what needs one, the nemeses; then peace, and the verdict of all witnesses. */
export async function runChaos(options: ChaosOptions, say: (line: string) => void): Promise<Outcome> {
  const startedAt = performance.now();
  mkdirSync(options.report, { recursive: true });
  await using world = await startWorld({
    redis: options.redis,
    logs: join(options.report, "logs"),
    seed: options.seed,
    workers: options.workers,
    env: {
      ...(options.without !== undefined && { WITHOUT: options.without }),
      ...(options.productionLeases && { LEASES: "production" }),
    },
    ...(options.lateMs !== undefined && { simulator: { acceptLateMs: options.lateMs * clockFactor } }),
  });
  say(`the system runs: ${world.slots.length} processes, ${world.redis.url}, the simulator at ${world.simulator.url}`);
  const { generations: count, faults, accounts = accountNames, seed } = options;
  const wish = { count, faults, accounts, webhook: world.receiver.url, run: `c${seed}` };
  const rows = makeRows(wish, chance(seed, "faults"));
  await using observer = startObserver(rows, world);
  await using _ = startPerson(world, options.lateMs);
  const feed = startFeed(rows, world.apiUrl, chance(options.seed, "feed"));
  const { plan, skipped } = planStrikes(options, chance(seed, "plan"), world);
  const strikes = await strikeOut(plan, options, { world, feed, say });
  await heal(world);
  say("peace; waiting for everything to come to rest");
  const stuck = await comeToRest(rows, world, feed, options);
  // The last late task comes, and its provider calls back.
  if (options.lateMs !== undefined) await wait(options.lateMs + 2_000);
  const evidence = await gather(world, rows, { changedEnds: observer.changed(), stuck });
  return {
    options,
    skipped,
    strikes,
    endings: world.endings,
    failovers: world.redis.takeovers(),
    evidence,
    findings: check(evidence),
    pickUp: pickUp(evidence, world.endings, restartsIn(strikes)),
    looks: observer.looks(),
    seconds: Math.round((performance.now() - startedAt) / 1_000),
  };
}

async function comeToRest(
  rows: readonly Row[],
  world: World,
  feed: Feed,
  { productionLeases }: ChaosOptions,
): Promise<string[]> {
  feed.upTo(rows.length);
  await Promise.race([feed.done, wait(healMs)]);
  feed.giveUp();
  return quiet(idsOf(rows), world, productionLeases ? 5 * healMs : healMs);
}

/** Nemeses at whose end Redis has just come back. */
const restarting = ["redis-kill", "redis-and-all", "power-cut"];

function restartsIn(strikes: readonly Strike[]): number[] {
  const restarts = strikes.filter(({ nemesis }) => restarting.includes(nemesis));
  return restarts.map(({ overAtMs }) => overAtMs);
}

function idsOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
}
