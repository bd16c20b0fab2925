import type { ChaosOptions } from "../options.ts";
import type { Chance } from "../random.ts";
import type { World } from "../world/world.ts";
import { aimed } from "./aimed.ts";
import { disks } from "./disks.ts";
import type { Nemesis } from "./nemesis.ts";
import { network } from "./network.ts";
import { processes } from "./processes.ts";
import { redisFaults } from "./redis.ts";

const nemeses: readonly Nemesis[] = [...processes, ...redisFaults, ...disks, ...network, ...aimed];

export const nemesisNames: readonly string[] = nemeses.map(({ name }) => name);

/** Strikes of a run in the order in which they come: so many kills of processes, and of every other kind at least one. */
export function planStrikes(
  { kills, nemeses: only }: Pick<ChaosOptions, "kills" | "nemeses">,
  luck: Chance,
  world: World,
): { plan: Nemesis[]; skipped: string[] } {
  const chosen = nemeses.filter(({ name }) => only === undefined || only.includes(name));
  const [possible, impossible] = [true, false].map((wanted) =>
    chosen.filter((nemesis) => (nemesis.possible?.(world) ?? true) === wanted),
  );
  const strikes = (possible ?? []).flatMap((nemesis) => {
    const times = Math.max(1, Math.round(kills * nemesis.weight));
    return Array.from({ length: kills === 0 ? 0 : times }, () => nemesis);
  });
  return { plan: luck.shuffled(strikes), skipped: (impossible ?? []).map(({ name }) => name) };
}
