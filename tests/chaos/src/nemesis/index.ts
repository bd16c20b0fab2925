import type { Topology } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import type { ChaosOptions } from "../options.ts";
import type { SeededRandom } from "../random.ts";
import type { ChaosSystem } from "../system/system.ts";
import { aimedFaults } from "./aimed.ts";
import { diskFaults } from "./disks.ts";
import { failoverFaults } from "./failover.ts";
import { networkFaults } from "./network.ts";
import { processFaults } from "./processes.ts";
import { redisFaults } from "./redis.ts";

const nemeses = [processFaults, redisFaults, diskFaults, networkFaults, aimedFaults, failoverFaults].flat();

export const nemesisNames: readonly string[] = nemeses.map(({ name }) => name);

/**
 * The faults of a run in order: `kills` scales every kind by its weight, and each kind that is native to the topology
 * occurs at least once. `skipped`: kinds that are impossible at this topology or on this machine.
 */
export function planFaults({ kills, nemeses: only }: ChaosOptions, random: SeededRandom, system: ChaosSystem) {
  const chosen = nemeses.filter(({ name }) => only?.includes(name) ?? true);
  const possible = chosen.filter((nemesis) => isPossible(nemesis, system));
  const skipped = chosen.filter((nemesis) => !isPossible(nemesis, system)).map(({ name }) => name);
  const plan = possible.flatMap((nemesis) => {
    const atLeast = only !== undefined || isNative(nemesis, system) ? 1 : 0;
    const times = Math.max(atLeast, Math.round(kills * nemesis.weight));
    return Array.from({ length: kills === 0 ? 0 : times }, () => nemesis);
  });
  return { plan: random.shuffled(plan), skipped };
}

function isPossible({ where, possible }: Nemesis, system: ChaosSystem): boolean {
  return (where?.includes(system.redis.topology) ?? true) && (possible?.(system) ?? true);
}

/** Faults without a topology of their own belong to the topology of one server. */
function isNative({ where = ["alone"] }: Nemesis, { redis }: ChaosSystem): boolean {
  return where.includes(redis.topology);
}

/** Whether any of the named nemeses is possible at this topology. */
export function anyPossible(names: readonly string[], topology: Topology): boolean {
  return nemeses.some(({ name, where }) => names.includes(name) && (where?.includes(topology) ?? true));
}
