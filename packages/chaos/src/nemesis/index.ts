import type { ChaosOptions } from "../options.ts";
import type { Chance } from "../random.ts";
import type { World } from "../world/world.ts";
import { aimed } from "./aimed.ts";
import { disks } from "./disks.ts";
import { network } from "./network.ts";
import { processes } from "./processes.ts";
import { redisFaults } from "./redis.ts";

/** One way to do harm. */
export interface Nemesis {
  name: string;
  /** How often it strikes for every kill of a process; at least once in a run. */
  weight: number;
  /** Whether this machine allows it; left out: every one does. */
  possible?(world: World): boolean;
  /** Does the harm and takes it back, as far as it can be taken back; answers what it did, in one phrase. */
  strike(world: World, luck: Chance): Promise<string>;
}

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
