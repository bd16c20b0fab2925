import type { ChaosOptions } from "../options.ts";
import type { Chance } from "../random.ts";
import type { Topology } from "../world/servers.ts";
import type { World } from "../world/world.ts";
import { aimed } from "./aimed.ts";
import { cluster } from "./cluster.ts";
import { disks } from "./disks.ts";
import { failover } from "./failover.ts";
import type { Nemesis } from "./nemesis.ts";
import { network } from "./network.ts";
import { processes } from "./processes.ts";
import { redisFaults } from "./redis.ts";

const nemeses: readonly Nemesis[] = [
  ...processes,
  ...redisFaults,
  ...disks,
  ...network,
  ...aimed,
  ...failover,
  ...cluster,
];

export const nemesisNames: readonly string[] = nemeses.map(({ name }) => name);

/** Strikes of a run in the order in which they come: so many kills of processes, and at least one of every other kind that is at home there. */
export function planStrikes(
  { kills, nemeses: only }: Pick<ChaosOptions, "kills" | "nemeses">,
  luck: Chance,
  world: World,
): { plan: Nemesis[]; skipped: string[] } {
  const chosen = nemeses.filter(({ name }) => only?.includes(name) ?? true);
  const [possible, impossible] = [true, false].map((wanted) =>
    chosen.filter((nemesis) => canBe(nemesis, world) === wanted),
  );
  const strikes = (possible ?? []).flatMap((nemesis) => {
    const atLeast = only !== undefined || isAtHome(nemesis, world) ? 1 : 0;
    const times = Math.max(atLeast, Math.round(kills * nemesis.weight));
    return Array.from({ length: kills === 0 ? 0 : times }, () => nemesis);
  });
  return { plan: luck.shuffled(strikes), skipped: (impossible ?? []).map(({ name }) => name) };
}

function canBe({ where, possible }: Nemesis, world: World): boolean {
  return (where?.includes(world.redis.topology) ?? true) && (possible?.(world) ?? true);
}

/** What a replicated Redis is not needed for strikes at least once where there is one server. */
function isAtHome({ where = ["alone"] }: Nemesis, { redis }: World): boolean {
  return where.includes(redis.topology);
}

/** Whether any of the nemeses with these names can be at such a Redis. */
export function anyWhere(names: readonly string[], topology: Topology): boolean {
  return nemeses.some(({ name, where }) => names.includes(name) && (where?.includes(topology) ?? true));
}
