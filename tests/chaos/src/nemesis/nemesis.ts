import type { Chance } from "../random.ts";
import type { Topology } from "../world/servers.ts";
import type { World } from "../world/world.ts";

/** One way to do harm. */
export interface Nemesis {
  name: string;
  /** How often it strikes for every kill of a process. */
  weight: number;
  /** The kinds of Redis where it can be; left out: all. */
  where?: readonly Topology[];
  /** Whether this machine allows it; left out: every one does. */
  possible?(world: World): boolean;
  /** Resolves once it can strike; left out: at once. Work for it to meet is let in only then. */
  ready?(world: World): Promise<void>;
  /** Does the harm and takes it back, as far as it can be taken back; answers what it did, in one phrase. */
  strike(world: World, luck: Chance): Promise<string>;
}
