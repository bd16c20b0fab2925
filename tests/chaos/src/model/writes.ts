import { type ModelRecord, type ModelState, type Setup, write } from "./state.ts";

/** The expectations of a compare-and-set write. */
interface Mover {
  gen: number;
  /** Token of this operation; repeating it changes nothing. */
  token: number;
  /** Expected token of the last move. */
  since?: number;
  attempt?: number;
}

function recOf(state: ModelState, gen: number): ModelRecord {
  const found = state.generations[gen];
  if (found === undefined) throw new Error(`no generation ${gen}`);
  return found.rec;
}

function matches(rec: ModelRecord, { since, attempt }: Mover, { rules }: Setup): boolean {
  return (
    !rules.fence || ((since === undefined || rec.token === since) && (attempt === undefined || rec.attempt === attempt))
  );
}

/** Binds a task; where the generation cannot take it any more, records it as an orphan. */
export function bind(state: ModelState, mover: Mover, task: number, setup: Setup): ModelState {
  const rec = recOf(state, mover.gen);
  if (rec.token === mover.token) return state;
  if (["submitting", "unknown", "review"].includes(rec.state) && matches(rec, mover, setup)) {
    return write(state, mover.gen, { state: "running", lane: "", task, token: mover.token });
  }
  const known = rec.task === task || rec.previousTasks.includes(task) || rec.orphans.includes(task);
  return known ? state : write(state, mover.gen, { orphans: [...rec.orphans, task] });
}

interface Move extends Mover {
  from: readonly ModelRecord["state"][];
  change: Partial<ModelRecord>;
}

export function move(state: ModelState, step: Move, setup: Setup): ModelState {
  const rec = recOf(state, step.gen);
  if (rec.token === step.token || !step.from.includes(rec.state) || !matches(rec, step, setup)) return state;
  return write(state, step.gen, { ...step.change, token: step.token });
}
