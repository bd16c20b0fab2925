import { type Rec, type Setup, type World, write } from "./state.ts";

/** The moves of the ledger as the model has them: compare-and-set, with what the mover believes. */
interface Mover {
  gen: number;
  /** Of this operation: the same one twice changes nothing. */
  token: number;
  /** The move that must still be the last one. */
  since?: number;
  attempt?: number;
}

function recOf(world: World, gen: number): Rec {
  const found = world.gens[gen];
  if (found === undefined) throw new Error(`no generation ${gen}`);
  return found.rec;
}

function believes(rec: Rec, { since, attempt }: Mover, { rules }: Setup): boolean {
  return (
    !rules.fence || ((since === undefined || rec.token === since) && (attempt === undefined || rec.attempt === attempt))
  );
}

/** The task is ours; where the generation cannot take it any more, it goes among the orphans. */
export function bind(world: World, mover: Mover, task: number, setup: Setup): World {
  const rec = recOf(world, mover.gen);
  if (rec.token === mover.token) return world;
  if (["submitting", "unknown", "review"].includes(rec.state) && believes(rec, mover, setup)) {
    return write(world, mover.gen, { state: "running", lane: "", task, token: mover.token });
  }
  const known = rec.task === task || rec.earlier.includes(task) || rec.orphans.includes(task);
  return known ? world : write(world, mover.gen, { orphans: [...rec.orphans, task] });
}

export function move(
  world: World,
  mover: Mover,
  from: readonly Rec["state"][],
  change: Partial<Rec>,
  setup: Setup,
): World {
  const rec = recOf(world, mover.gen);
  if (rec.token === mover.token || !from.includes(rec.state) || !believes(rec, mover, setup)) return world;
  return write(world, mover.gen, { ...change, token: mover.token });
}
