import type { Chance } from "../random.ts";
import type { World } from "../world/world.ts";

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
