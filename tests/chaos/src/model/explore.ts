import { keyOf } from "./key.ts";
import { providerSteps } from "./provider.ts";
import { recoverySteps } from "./recovery.ts";
import type { Gen, Setup, Step, World } from "./state.ts";
import { submitterSteps } from "./submitter.ts";

export interface Explored {
  states: number;
  /** Whether every reachable state was seen. */
  complete: boolean;
  violation?: { what: string; path: string[] };
  /** A state in which nothing can happen any more although something is not at its end. */
  stuck?: string[];
}

/** Visits every state that can be reached, shortest path first, and stops at the first that breaks a promise. */
export function explore(from: World, setup: Setup, mostStates = 3_000_000): Explored {
  const cameFrom = new Map<string, { parent: string; event: string } | undefined>([[keyOf(from), undefined]]);
  let frontier = [from];
  while (frontier.length > 0) {
    const next: World[] = [];
    for (const world of frontier) {
      const key = keyOf(world);
      const what = broken(world);
      if (what) return { states: cameFrom.size, complete: false, violation: { what, path: pathTo(key, cameFrom) } };
      const steps = stepsOf(world, setup);
      if (steps.length === 0 && !atRest(world))
        return { states: cameFrom.size, complete: false, stuck: pathTo(key, cameFrom) };
      for (const { event, world: reached } of steps) {
        const reachedKey = keyOf(reached);
        if (cameFrom.has(reachedKey)) continue;
        cameFrom.set(reachedKey, { parent: key, event });
        next.push(reached);
      }
      if (cameFrom.size > mostStates) return { states: cameFrom.size, complete: false };
    }
    frontier = next;
  }
  return { states: cameFrom.size, complete: true };
}

function stepsOf(world: World, setup: Setup): Step[] {
  const submitters = world.workers.flatMap((_, w) => submitterSteps(world, w, setup));
  return [...submitters, ...providerSteps(world, setup), ...recoverySteps(world, setup)];
}

/** A sentence for the promise that this state breaks. */
function broken(world: World): string | undefined {
  for (const [g, gen] of world.gens.entries()) {
    const { rec, tasks, finalized } = gen;
    const attempts = new Set(tasks.map(({ attempt }) => attempt));
    if (attempts.size < tasks.length) return `g${g} is paid for twice in one attempt`;
    if (finalized > 1) return `g${g} is finalized twice`;
    if (rec.state === "failed" && tasks.some(({ end }) => end !== "failed"))
      return `g${g} failed although its video was made`;
    if (isQuiet(world, g) && forgotten(gen)) return `a paid task of g${g} is forgotten`;
  }
  return undefined;
}

/** Nobody knows anything of this generation that is not in its record. */
function isQuiet(world: World, g: number): boolean {
  const about = ({ gen }: { gen: number }) => gen === g;
  return (
    !world.posts.some(about) &&
    !world.looks.some(about) &&
    !world.workers.some((worker) => worker.at !== "idle" && about(worker))
  );
}

function forgotten({ rec, tasks }: Gen): boolean {
  if (rec.state !== "succeeded" && rec.state !== "failed") return false;
  return tasks.some(({ id }) => id !== rec.task && !rec.earlier.includes(id) && !rec.orphans.includes(id));
}

/** Everything is at its end, before a person, or waits for looks that the bounds of the search do not allow any more. */
function atRest({ gens, budget }: World): boolean {
  return gens.every(
    ({ rec }) =>
      ["succeeded", "failed", "review"].includes(rec.state) ||
      (budget.looks === 0 && ["unknown", "running"].includes(rec.state)),
  );
}

function pathTo(key: string, cameFrom: ReadonlyMap<string, { parent: string; event: string } | undefined>): string[] {
  const path: string[] = [];
  for (let at = cameFrom.get(key); at !== undefined; at = cameFrom.get(at.parent)) path.unshift(at.event);
  return path;
}
