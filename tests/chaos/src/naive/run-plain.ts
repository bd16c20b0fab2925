import { globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type PaidTask, told } from "../check/evidence.ts";
import { makeRows, startFeed } from "../feed.ts";
import { planStrikes } from "../nemesis/index.ts";
import type { ChaosOptions } from "../options.ts";
import { chance } from "../random.ts";
import { healMs } from "../run.ts";
import { heal, strikeOut } from "../strike-out.ts";
import { accountNames, startWorld, type World } from "../world/world.ts";
import type { Witnesses } from "./bill.ts";

/** One run of the plain BullMQ solution under the plan of strikes that reelqueue meets under the same seed. */
export async function runPlain(options: ChaosOptions, say: (line: string) => void): Promise<Witnesses> {
  const { generations: count, faults, accounts = accountNames, seed, workers, report } = options;
  mkdirSync(report, { recursive: true });
  await using world = await startWorld({ redis: "alone", logs: join(report, "logs"), seed, workers, plain: true });
  const wish = { count, faults, accounts, webhook: world.receiver.url, run: `c${seed}` };
  const rows = makeRows(wish, chance(seed, "faults"));
  const feed = startFeed(rows, world.apiUrl, chance(seed, "feed"));
  const { plan } = planStrikes(options, chance(seed, "plan"), world);
  await strikeOut(plan, options, { world, feed, say });
  await heal(world);
  feed.upTo(rows.length);
  await Promise.race([feed.done, wait(healMs)]);
  feed.giveUp();
  say("peace; waiting until BullMQ has nothing left to do");
  await idle(world);
  return {
    rows,
    tasks: (await told<{ tasks: PaidTask[] }>(world, "tasks")).tasks,
    files: globSync("**/*.mp4", { cwd: join(world.home, "outputs") }),
    received: world.receiver.received,
  };
}

/** How long all queues must have been empty. */
const restMs = 3_000;

async function idle(world: World): Promise<void> {
  const deadline = performance.now() + healMs;
  let since = performance.now();
  while (performance.now() < deadline && performance.now() - since < restMs) {
    if ((await jobsLeft(world)) > 0) since = performance.now();
    await wait(300);
  }
}

async function jobsLeft({ here: { cell } }: World): Promise<number> {
  const pipeline = cell.redis.pipeline();
  for (const queue of ["submit", "poll", "finalize"]) {
    for (const list of ["wait", "active"]) pipeline.llen(`bull:${queue}:${list}`);
    for (const set of ["delayed", "prioritized"]) pipeline.zcard(`bull:${queue}:${set}`);
  }
  return ((await pipeline.exec()) ?? []).reduce((sum, [, count]) => sum + Number(count), 0);
}
