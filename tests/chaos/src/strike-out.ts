import { setTimeout as wait } from "node:timers/promises";
import type { Feed } from "./feed.ts";
import type { Nemesis } from "./nemesis/nemesis.ts";
import type { ChaosOptions } from "./options.ts";
import { type Chance, chance } from "./random.ts";
import type { World } from "./world/world.ts";

/** One strike as it happened. */
export interface Strike {
  atMs: number;
  /** When it was over, in ms since 1970. */
  overAtMs: number;
  nemesis: string;
  did: string;
}

/** Strikes in the order of the plan, letting work in along with it. */
export async function strikeOut(
  plan: readonly Nemesis[],
  options: Pick<ChaosOptions, "generations" | "seed" | "minutes" | "apartMs">,
  { world, feed, say }: { world: World; feed: Feed; say: (line: string) => void },
): Promise<Strike[]> {
  const luck = chance(options.seed, "nemeses");
  const startedAt = performance.now();
  const strikes: Strike[] = [];
  for (const [i, nemesis] of plan.entries()) {
    if (i > 0) await wait(options.apartMs);
    // One that is not ready in time tells by what it did.
    await nemesis.ready?.(world).catch(() => {});
    // Work is let in along with the strikes, so that each of them meets some.
    feed.upTo((options.generations * (i + 1)) / plan.length);
    await wait(luck.between(50, 500));
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
export async function heal({ redis, slots, toSimulator, here, disks }: World): Promise<void> {
  disks?.redis.trouble({});
  disks?.outputs.trouble({});
  await redis.heal();
  if (redis.topology === "alone") await here.cell.redis.config("SET", "maxmemory", "0");
  toSimulator.weather({});
  for (const slot of slots) {
    slot.toRedis?.weather({});
    slot.signal("SIGCONT");
  }
  await Promise.all(slots.map((slot) => slot.ready(120_000)));
}
