import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Evidence, gather } from "./check/evidence.ts";
import { check, type Finding } from "./check/index.ts";
import { type PickUp, pickUp } from "./check/pick-up.ts";
import { type Feed, makeRows, type Row, startFeed } from "./feed.ts";
import { type Nemesis, planStrikes } from "./nemesis/index.ts";
import { startObserver } from "./observer.ts";
import type { ChaosOptions } from "./options.ts";
import { quiet } from "./quiet.ts";
import { type Chance, chance } from "./random.ts";
import { settleReviews } from "./settle-reviews.ts";
import type { Ended } from "./world/slot.ts";
import { accountNames, clockFactor, startWorld, type World } from "./world/world.ts";

/** One strike as it happened. */
export interface Strike {
  atMs: number;
  /** When it was over, in ms since 1970. */
  overAtMs: number;
  nemesis: string;
  did: string;
}

export interface Outcome {
  options: ChaosOptions;
  /** Nemeses that this machine does not allow. */
  skipped: string[];
  strikes: Strike[];
  endings: Ended[];
  evidence: Evidence;
  findings: Finding[];
  pickUp: PickUp;
  /** How many a person had to settle. */
  needsReview: number;
  looks: number;
  seconds: number;
}

/** How long the system may take to come to rest once nobody strikes any more. */
const healMs = 180_000;

/** One run: a system, a producer, the nemeses; then peace, a person for what is left, and the verdict of all witnesses. */
export async function runChaos(options: ChaosOptions, say: (line: string) => void): Promise<Outcome> {
  const startedAt = performance.now();
  mkdirSync(options.report, { recursive: true });
  await using world = await startWorld({
    logs: join(options.report, "logs"),
    seed: options.seed,
    workers: options.workers,
    ...(options.without !== undefined && { env: { WITHOUT: options.without } }),
    ...(options.lateMs !== undefined && { twin: { acceptLateMs: options.lateMs * clockFactor } }),
  });
  say(
    `the system runs: ${world.slots.length} processes, Redis on port ${world.redis.port}, the twin at ${world.twin.url}`,
  );
  const { generations: count, faults, accounts = accountNames, seed } = options;
  const wish = { count, faults, accounts, webhook: world.receiver.url, run: `c${seed}` };
  const rows = makeRows(wish, chance(seed, "faults"));
  await using observer = startObserver(rows, world);
  const feed = startFeed(rows, world.apiUrl, chance(options.seed, "feed"));
  const { plan, skipped } = planStrikes(options, chance(seed, "plan"), world);
  if (skipped.length > 0) say(`skipped, since it takes Linux with a C compiler: ${skipped.join(", ")}`);
  const strikes = await strikeOut(plan, options, world, feed, say);
  await heal(world);
  feed.upTo(rows.length);
  await Promise.race([feed.done, wait(healMs)]);
  feed.giveUp();
  const ids = idsOf(rows);
  say("peace; waiting for everything to come to rest");
  const stuckBefore = await quiet(ids, world, healMs);
  const needsReview = await settleReviews(rows, world);
  const stuck = needsReview > 0 ? await quiet(ids, world, healMs) : stuckBefore;
  // The last late task comes, and its provider calls back.
  if (options.lateMs !== undefined) await wait(options.lateMs + 2_000);
  const evidence = await gather(world, rows, { changedEnds: observer.changed(), stuck });
  return {
    options,
    skipped,
    strikes,
    endings: world.endings,
    evidence,
    findings: check(evidence),
    pickUp: pickUp(evidence, world.endings, restartsIn(strikes)),
    needsReview,
    looks: observer.looks(),
    seconds: Math.round((performance.now() - startedAt) / 1_000),
  };
}

async function strikeOut(
  plan: readonly Nemesis[],
  options: ChaosOptions,
  world: World,
  feed: Feed,
  say: (line: string) => void,
): Promise<Strike[]> {
  const luck = chance(options.seed, "nemeses");
  const startedAt = performance.now();
  const strikes: Strike[] = [];
  for (const [i, nemesis] of plan.entries()) {
    // Work is let in along with the strikes, so that each of them meets some.
    feed.upTo((options.generations * (i + 1)) / plan.length);
    await wait(luck.between(100, 900));
    const atMs = Math.round(performance.now() - startedAt);
    if (atMs > options.minutes * 60_000) break;
    const did = await attempt(nemesis, world, luck);
    strikes.push({ atMs, overAtMs: Date.now(), nemesis: nemesis.name, did });
    say(`${(atMs / 1_000).toFixed(1)} s  ${i + 1}/${plan.length}  ${nemesis.name}: ${did}`);
  }
  return strikes;
}

async function attempt(nemesis: Nemesis, world: World, luck: Chance): Promise<string> {
  try {
    return await nemesis.strike(world, luck);
  } catch (error) {
    return `did not succeed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Takes back whatever may still be wrong, so that what is not well afterwards is the system's own fault. */
async function heal({ redis, slots, toTwin, here, disks }: World): Promise<void> {
  await redis.kill("SIGCONT");
  disks?.redis.trouble({});
  disks?.outputs.trouble({});
  if (!redis.alive()) await redis.restart();
  await here.cell.redis.config("SET", "maxmemory", "0");
  toTwin.weather({});
  for (const slot of slots) {
    slot.toRedis.weather({});
    slot.signal("SIGCONT");
  }
  await Promise.all(slots.map((slot) => slot.ready(120_000)));
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
