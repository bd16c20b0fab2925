import { setTimeout as wait } from "node:timers/promises";
import type { Topology } from "@reelqueue/testing";
import type { Feed } from "./feed.ts";
import type { ChaosOptions, Log } from "./options.ts";
import { type SeededRandom, seededRandom } from "./random.ts";
import type { ChaosSystem } from "./system/system.ts";

/** One kind of fault. */
export interface Nemesis {
  name: string;
  /** How often it occurs for each kill of a process. */
  weight: number;
  /** Topologies at which it is possible; default: all. */
  where?: readonly Topology[];
  /** Whether this machine supports it; default: yes. */
  possible?(system: ChaosSystem): boolean;
  /** Resolves once the fault can be injected; default: at once. New rows are released only after it. */
  ready?(system: ChaosSystem): Promise<void>;
  /** Injects the fault and reverts it as far as possible; returns a phrase for the log. */
  inject(system: ChaosSystem, random: SeededRandom): Promise<string>;
}

/** One injected fault; the fields are those of `report.json`. */
export interface Injection {
  /** Start, in ms since the first fault. */
  atMs: number;
  /** End, in ms since 1970. */
  overAtMs: number;
  nemesis: string;
  did: string;
}

/** Injects the faults in the order of the plan. Rows are released in step, so that each fault meets work. */
export async function injectFaults(
  plan: readonly Nemesis[],
  options: Pick<ChaosOptions, "generations" | "seed" | "minutes" | "apartMs">,
  { system, feed, log }: { system: ChaosSystem; feed: Feed; log: Log },
): Promise<Injection[]> {
  const random = seededRandom(options.seed, "nemeses");
  const startedAt = performance.now();
  const injections: Injection[] = [];
  for (const [i, nemesis] of plan.entries()) {
    if (i > 0) await wait(options.apartMs);
    // When `ready` times out, `inject` reports the reason.
    await nemesis.ready?.(system).catch(() => {});
    feed.upTo((options.generations * (i + 1)) / plan.length);
    await wait(random.between(50, 500));
    const atMs = Math.round(performance.now() - startedAt);
    if (atMs > options.minutes * 60_000) break;
    const failed = (error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`;
    const did = await nemesis.inject(system, random).catch(failed);
    injections.push({ atMs, overAtMs: Date.now(), nemesis: nemesis.name, did });
    log(`${(atMs / 1_000).toFixed(1)} s  ${i + 1}/${plan.length}  ${nemesis.name}: ${did}`);
  }
  return injections;
}

/** Reverts every fault that may still be active; resolves when all processes are healthy. */
export async function heal({ redis, processes, simulatorProxy, installation, disks }: ChaosSystem): Promise<void> {
  disks?.redis.setFaults({});
  disks?.outputs.setFaults({});
  await redis.heal();
  if (redis.topology === "alone") await installation.cell.redis.config("SET", "maxmemory", "0");
  simulatorProxy.setFaults({});
  for (const target of processes) {
    target.redisProxy?.setFaults({});
    target.signal("SIGCONT");
  }
  await Promise.all(processes.map((each) => each.ready(120_000)));
}
