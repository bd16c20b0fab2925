import {
  type Generation,
  type ModelState,
  type Observation,
  replaced,
  type Setup,
  type Step,
  spend,
  type Task,
  without,
  write,
} from "./state.ts";
import { bind, move } from "./writes.ts";

/** The possible next steps of admission, reconciliation, pollers, the finalizer and Redis. */
export function recoverySteps(state: ModelState, setup: Setup): Step[] {
  return [
    ...state.generations.flatMap((gen, g) => genSteps(state, gen, g, setup)),
    ...state.observations.map((observation, l) =>
      writeObservation({ ...state, observations: without(state.observations, l) }, observation, setup),
    ),
    ...diskSteps(state),
  ];
}

function genSteps(state: ModelState, gen: Generation, g: number, setup: Setup): Step[] {
  switch (gen.rec.state) {
    case "queued":
      return dispatch(state, gen, g);
    case "submitting":
      return [expireLease(state, gen, g)];
    case "unknown":
      return reconcile(state, gen, g, setup);
    case "running":
      return poll(state, gen, g);
    case "finalizing":
      return [{ event: `g${g} is finalized`, state: finalize(state, gen, g) }];
    default:
      return [];
  }
}

function dispatch(state: ModelState, { rec }: Generation, g: number): Step[] {
  const again = rec.lane === "backlog" ? state : spend(state, "redeliveries");
  if (again === undefined) return [];
  const what = rec.lane === "backlog" ? "granted" : "dispatched again";
  return [{ event: `g${g} is ${what}`, state: write(again, g, { lane: "granted", dispatchSeq: rec.dispatchSeq + 1 }) }];
}

/** A submitter that has not sent by now does not send: the lease is longer than start budget and POST together. */
function expireLease(state: ModelState, { rec }: Generation, g: number): Step {
  const token = state.operations + 1;
  const workers = state.workers.map((worker) =>
    worker.token === rec.token && worker.gen === g ? { ...worker, late: true } : worker,
  );
  const next = write({ ...state, workers, operations: token }, g, { state: "unknown", lane: "", token });
  return { event: `the submit lease of g${g} expires`, state: next };
}

function reconcile(state: ModelState, { rec, tasks }: Generation, g: number, { rules, means }: Setup): Step[] {
  if (means === "none")
    return [
      { event: `g${g} is escalated to review`, state: write(state, g, { state: "review", token: state.operations }) },
    ];
  const next = spend(state, "observations");
  if (next === undefined) return [];
  if (means === "key") {
    const posts = [...next.posts, { gen: g, attempt: rec.attempt, key: rec.attempt, listener: -2 }];
    return [{ event: `reconciliation sends g${g} again under its key`, state: { ...next, posts } }];
  }
  const task = tasks.findLast(({ attempt }) => attempt === rec.attempt);
  const open = state.posts.some(({ gen }) => gen === g);
  // An absence counts only after the quiet window, when no POST can be in flight (A1).
  if (!task && open && rules.quiet) return [];
  const observation: Observation = {
    gen: g,
    saw: task ? "found" : "absent",
    task: task?.id ?? 0,
    token: rec.token,
    attempt: rec.attempt,
  };
  return [
    {
      event: `reconciliation looks up g${g}: ${observation.saw}`,
      state: { ...next, observations: [...next.observations, observation] },
    },
  ];
}

/** The outcome of a task is decided by its first poll. */
function poll(state: ModelState, { rec, tasks }: Generation, g: number): Step[] {
  const next = spend(state, "observations");
  const t = tasks.findIndex(({ id }) => id === rec.task);
  const task = tasks[t];
  if (next === undefined || task === undefined) return [];
  const seen = (end: Task["end"], from: ModelState): Step => {
    const saw = end === "failed" ? "failed" : "finished";
    const observation: Observation = { gen: g, saw, task: rec.task, token: rec.token, attempt: rec.attempt };
    const generations = replaced(from.generations, g, { tasks: replaced(tasks, t, { end }) });
    return {
      event: `a poller sees that task ${rec.task} of g${g} has ${saw}`,
      state: { ...from, generations, observations: [...from.observations, observation] },
    };
  };
  if (task.end !== "running") return [seen(task.end, next)];
  const failing = spend(next, "failures");
  return failing ? [seen("succeeded", next), seen("failed", failing)] : [seen("succeeded", next)];
}

/** Writes an observation; any other step may have happened since it was made. */
function writeObservation(state: ModelState, observation: Observation, setup: Setup): Step {
  const { gen: g, saw, task, token: since, attempt } = observation;
  const rec = state.generations[g]?.rec;
  const token = state.operations + 1;
  const next = { ...state, operations: token };
  const event = `the observation of g${g} (${saw}) is written`;
  const sameTask = !setup.rules.fence || rec?.task === task;
  switch (saw) {
    case "found":
      return { event, state: bind(next, { gen: g, token, attempt }, task, setup) };
    case "absent": {
      const quiet = !setup.rules.quiet || !state.posts.some(({ gen }) => gen === g);
      const change = { state: "queued", lane: "backlog" } as const;
      const requeue = { gen: g, token, since, from: ["unknown"] as const, change };
      return { event, state: quiet ? move(next, requeue, setup) : state };
    }
    case "finished": {
      const finish = { gen: g, token, from: ["running"] as const, change: { state: "finalizing" } as const };
      return { event, state: sameTask ? move(next, finish, setup) : state };
    }
    case "failed":
      return { event, state: sameTask ? afterFailure(next, g, token, setup) : state };
  }
}

const attemptsAllowed = 2;

function afterFailure(state: ModelState, g: number, token: number, setup: Setup): ModelState {
  const rec = state.generations[g]?.rec;
  if (rec === undefined) return state;
  const newAttempt = {
    state: "queued",
    lane: "backlog",
    attempt: rec.attempt + 1,
    task: 0,
    previousTasks: [...rec.previousTasks, rec.task],
  } as const;
  const change = rec.attempt < attemptsAllowed ? newAttempt : ({ state: "failed" } as const);
  return move(state, { gen: g, token, from: ["running"], change }, setup);
}

function finalize(state: ModelState, gen: Generation, g: number): ModelState {
  const next = write(state, g, { state: "succeeded", token: state.operations });
  return { ...next, generations: replaced(next.generations, g, { finalized: gen.finalized + 1 }) };
}

/** The disk catches up, or a power cut reverts Redis to it. */
function diskSteps(state: ModelState): Step[] {
  if (state.generations.every(({ disk }) => disk === null)) return [];
  const synced = { ...state, generations: state.generations.map((gen) => ({ ...gen, disk: null })) };
  const cut = spend(state, "powerCuts");
  const steps = [{ event: "Redis syncs to disk", state: synced }];
  if (!cut) return steps;
  const reverted = cut.generations.map((gen) => ({ ...gen, rec: gen.disk ?? gen.rec, disk: null }));
  return [...steps, { event: "a power cut reverts Redis to the disk", state: { ...cut, generations: reverted } }];
}
