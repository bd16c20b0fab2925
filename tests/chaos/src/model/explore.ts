import { allRules, large, requiredRules, shared } from "./bounds.ts";
import { keyOf } from "./key.ts";
import { providerSteps } from "./provider.ts";
import { recoverySteps } from "./recovery.ts";
import {
  type Generation,
  type ModelState,
  type ReconcileMeans,
  type Rules,
  type Setup,
  type Step,
  start,
} from "./state.ts";
import { submitterSteps } from "./submitter.ts";

export interface Explored {
  states: number;
  /** Whether every reachable state was explored. */
  complete: boolean;
  violation?: { what: string; path: string[] };
  /** Path to a state without a next step in which a generation does not rest. */
  stuck?: string[];
}

/** Breadth-first search over the reachable states; stops at the first that breaks a promise or is stuck. */
export function explore(from: ModelState, setup: Setup, maxStates = 3_000_000): Explored {
  const cameFrom = new Map<string, { parent: string; event: string } | undefined>([[keyOf(from), undefined]]);
  let frontier = [from];
  while (frontier.length > 0) {
    const next: ModelState[] = [];
    for (const state of frontier) {
      const key = keyOf(state);
      const what = broken(state);
      if (what) return { states: cameFrom.size, complete: false, violation: { what, path: pathTo(key, cameFrom) } };
      const steps = stepsOf(state, setup);
      if (steps.length === 0 && !atRest(state))
        return { states: cameFrom.size, complete: false, stuck: pathTo(key, cameFrom) };
      for (const { event, state: reached } of steps) {
        const reachedKey = keyOf(reached);
        if (cameFrom.has(reachedKey)) continue;
        cameFrom.set(reachedKey, { parent: key, event });
        next.push(reached);
      }
      if (cameFrom.size > maxStates) return { states: cameFrom.size, complete: false };
    }
    frontier = next;
  }
  return { states: cameFrom.size, complete: true };
}

function stepsOf(state: ModelState, setup: Setup): Step[] {
  const submitters = state.workers.flatMap((_, w) => submitterSteps(state, w, setup));
  return [...submitters, ...providerSteps(state, setup), ...recoverySteps(state, setup)];
}

/** The promise that this state breaks, as a sentence. */
function broken(state: ModelState): string | undefined {
  for (const [g, gen] of state.generations.entries()) {
    const { rec, tasks, finalized } = gen;
    const attempts = new Set(tasks.map(({ attempt }) => attempt));
    if (attempts.size < tasks.length) return `g${g} is paid for twice in one attempt`;
    if (finalized > 1) return `g${g} is finalized twice`;
    if (rec.state === "failed" && tasks.some(({ end }) => end !== "failed"))
      return `g${g} failed although its video was made`;
    if (isQuiet(state, g) && forgotten(gen)) return `a paid task of g${g} is forgotten`;
  }
  return undefined;
}

/** No POST, observation or worker refers to this generation. */
function isQuiet(state: ModelState, g: number): boolean {
  const about = ({ gen }: { gen: number }) => gen === g;
  return (
    !state.posts.some(about) &&
    !state.observations.some(about) &&
    !state.workers.some((worker) => worker.at !== "idle" && about(worker))
  );
}

function forgotten({ rec, tasks }: Generation): boolean {
  if (rec.state !== "succeeded" && rec.state !== "failed") return false;
  return tasks.some(({ id }) => id !== rec.task && !rec.previousTasks.includes(id) && !rec.orphans.includes(id));
}

/** Every generation rests, waits for review, or waits for observations beyond the bounds of the search. */
function atRest({ generations, budget }: ModelState): boolean {
  return generations.every(
    ({ rec }) =>
      ["succeeded", "failed", "review"].includes(rec.state) ||
      (budget.observations === 0 && ["unknown", "running"].includes(rec.state)),
  );
}

function pathTo(key: string, cameFrom: ReadonlyMap<string, { parent: string; event: string } | undefined>): string[] {
  const path: string[] = [];
  for (let at = cameFrom.get(key); at !== undefined; at = cameFrom.get(at.parent)) path.unshift(at.event);
  return path;
}

interface NamedExploration extends Explored {
  name: string;
}

/**
 * Explores the model within the large bounds, with all rules and without each required rule; prints the shortest path
 * to each violation.
 */
export function exploreAll(log: (line: string) => void): { ok: boolean; explorations: NamedExploration[] } {
  const run = (name: string, from: ModelState, setup: Setup): NamedExploration => {
    const explored = explore(from, setup);
    log(
      `${name}: ${explored.states} states${explored.complete ? "" : ", not complete"}: ${explored.violation?.what ?? "no violation"}`,
    );
    for (const event of explored.violation?.path ?? explored.stuck ?? []) log(`    ${event}`);
    return { name, ...explored };
  };
  const every: readonly ReconcileMeans[] = ["lookup", "key", "none"];
  const whole = [
    ...every.map((means) => run(`all rules, ${means}`, start(1, 2, large), { rules: allRules, means })),
    ...every.map((means) =>
      run(`all rules, two generations, ${means}`, start(2, 2, shared), { rules: allRules, means }),
    ),
  ];
  const broken = requiredRules.map(([rule, means]) => {
    const rules: Rules = { ...allRules, [rule]: false };
    return run(`without ${rule}, ${means}`, start(1, 2, large), { rules, means });
  });
  const ok = whole.every(({ complete }) => complete) && broken.every(({ violation }) => violation !== undefined);
  return { ok, explorations: [...whole, ...broken] };
}
