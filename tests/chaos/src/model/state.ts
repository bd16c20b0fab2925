/** The safety rules behind "never pay twice"; each can be left out. */
export interface Rules {
  intent: boolean;
  durable: boolean;
  noBlindRetry: boolean;
  fence: boolean;
  quiet: boolean;
}

/** How a provider lets us find the task of a lost POST. */
export type ReconcileMeans = "lookup" | "key" | "none";

export interface Setup {
  rules: Rules;
  means: ReconcileMeans;
}

/** The record in Redis. `token`: the operation that wrote it last. */
export interface ModelRecord {
  state: "queued" | "submitting" | "unknown" | "review" | "running" | "finalizing" | "succeeded" | "failed";
  lane: "backlog" | "granted" | "";
  dispatchSeq: number;
  token: number;
  attempt: number;
  /** 0: none. */
  task: number;
  previousTasks: readonly number[];
  orphans: readonly number[];
}

/** A task at the provider; each one is charged. */
export interface Task {
  id: number;
  attempt: number;
  key: number;
  end: "running" | "succeeded" | "failed";
}

export interface Generation {
  rec: ModelRecord;
  /** The record after a power cut; null: the same as `rec`. */
  disk: ModelRecord | null;
  tasks: readonly Task[];
  finalized: number;
}

/** A submitter with one job. It can be delayed between any two steps. */
export interface Worker {
  at: "idle" | "holding" | "intended" | "waiting" | "answered";
  gen: number;
  dispatchSeq: number;
  token: number;
  attempt: number;
  answer: "accepted" | "throttled" | "unsent" | "unknown" | "";
  task: number;
  /** Its lease has expired: the start budget stops it from sending. */
  late: boolean;
}

export const idle: Worker = {
  at: "idle",
  gen: 0,
  dispatchSeq: 0,
  token: 0,
  attempt: 0,
  answer: "",
  task: 0,
  late: false,
};

/** A POST in flight. `listener`: index of a worker, -1: none, -2: reconciliation. */
export interface Post {
  gen: number;
  attempt: number;
  key: number;
  listener: number;
}

/** An answer that reconciliation or a poller has read and not yet written. */
export interface Observation {
  gen: number;
  saw: "absent" | "found" | "failed" | "finished";
  task: number;
  token: number;
  attempt: number;
}

/** How many faults of each kind, and how many observations, are still allowed. */
export interface Budget {
  crashes: number;
  lostAnswers: number;
  lostReplies: number;
  powerCuts: number;
  refusals: number;
  failures: number;
  redeliveries: number;
  observations: number;
}

export interface ModelState {
  generations: readonly Generation[];
  workers: readonly Worker[];
  posts: readonly Post[];
  observations: readonly Observation[];
  budget: Budget;
  /** Number of operations so far. */
  operations: number;
}

export interface Step {
  event: string;
  state: ModelState;
}

export function start(generations: number, workers: number, budget: Budget): ModelState {
  const rec: ModelRecord = {
    state: "queued",
    lane: "backlog",
    dispatchSeq: 0,
    token: 0,
    attempt: 1,
    task: 0,
    previousTasks: [],
    orphans: [],
  };
  return {
    generations: Array.from({ length: generations }, () => ({ rec, disk: null, tasks: [], finalized: 0 })),
    workers: Array.from({ length: workers }, () => idle),
    posts: [],
    observations: [],
    budget,
    operations: 0,
  };
}

export function replaced<T>(list: readonly T[], at: number, change: Partial<T>): T[] {
  return list.map((item, i) => (i === at ? { ...item, ...change } : item));
}

export function without<T>(list: readonly T[], at: number): T[] {
  return list.filter((_, i) => i !== at);
}

/** Uses one unit of the budget; undefined where none is left. */
export function spend(state: ModelState, kind: keyof Budget): ModelState | undefined {
  const left = state.budget[kind];
  return left === 0 ? undefined : { ...state, budget: { ...state.budget, [kind]: left - 1 } };
}

/** Writes a record; with `durable: false` a power cut can still revert it. */
export function write(state: ModelState, gen: number, change: Partial<ModelRecord>, durable = true): ModelState {
  const before = state.generations[gen];
  if (before === undefined) return state;
  const disk = durable ? null : (before.disk ?? before.rec);
  return { ...state, generations: replaced(state.generations, gen, { rec: { ...before.rec, ...change }, disk }) };
}
