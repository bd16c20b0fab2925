/** The rules that "never pay twice" rests on; each can be left out. */
export interface Rules {
  intent: boolean;
  durable: boolean;
  noBlindRetry: boolean;
  fence: boolean;
  quiet: boolean;
}

/** How a provider helps to find out what became of a lost POST. */
export type Means = "lookup" | "key" | "none";

export interface Setup {
  rules: Rules;
  means: Means;
}

/** A generation as Redis has it. `token` is the operation that wrote it last. */
export interface Rec {
  state: "queued" | "submitting" | "unknown" | "review" | "running" | "finalizing" | "succeeded" | "failed";
  lane: "backlog" | "granted" | "";
  n: number;
  token: number;
  attempt: number;
  /** 0: none. */
  task: number;
  earlier: readonly number[];
  orphans: readonly number[];
}

/** What the provider made of a POST, and charged. */
export interface Task {
  id: number;
  attempt: number;
  key: number;
  end: "running" | "succeeded" | "failed";
}

export interface Gen {
  rec: Rec;
  /** What would be left after a power cut; null: the same. */
  disk: Rec | null;
  tasks: readonly Task[];
  finalized: number;
}

/** A submitter with one job. It may stand still between any two steps. */
export interface Worker {
  at: "idle" | "holding" | "intended" | "waiting" | "answered";
  gen: number;
  n: number;
  token: number;
  attempt: number;
  answer: "accepted" | "throttled" | "unsent" | "unknown" | "";
  task: number;
  /** Its lease is over: the start budget keeps it from sending. */
  late: boolean;
}

export const idle: Worker = { at: "idle", gen: 0, n: 0, token: 0, attempt: 0, answer: "", task: 0, late: false };

/** A POST that has not taken effect yet. `listener`: a worker, -1 nobody, -2 a resolver. */
export interface Post {
  gen: number;
  attempt: number;
  key: number;
  listener: number;
}

/** Somebody who has asked and not yet written: a resolver or a poller. */
export interface Look {
  gen: number;
  saw: "absent" | "found" | "failed" | "finished";
  task: number;
  token: number;
  attempt: number;
}

/** How much harm is still to come. */
export interface Budget {
  crashes: number;
  lostAnswers: number;
  echoes: number;
  amnesia: number;
  refusals: number;
  failures: number;
  redeliveries: number;
  looks: number;
}

export interface World {
  gens: readonly Gen[];
  workers: readonly Worker[];
  posts: readonly Post[];
  looks: readonly Look[];
  budget: Budget;
  /** Operations so far; each has a number of its own. */
  operations: number;
}

export interface Step {
  event: string;
  world: World;
}

export function start(generations: number, workers: number, budget: Budget): World {
  const rec: Rec = { state: "queued", lane: "backlog", n: 0, token: 0, attempt: 1, task: 0, earlier: [], orphans: [] };
  return {
    gens: Array.from({ length: generations }, () => ({ rec, disk: null, tasks: [], finalized: 0 })),
    workers: Array.from({ length: workers }, () => idle),
    posts: [],
    looks: [],
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

/** Takes one from a kind of harm; undefined where none is left. */
export function spend(world: World, kind: keyof Budget): World | undefined {
  const left = world.budget[kind];
  return left === 0 ? undefined : { ...world, budget: { ...world.budget, [kind]: left - 1 } };
}

/** Writes a record. What is not waited for may still be lost by a power cut. */
export function write(world: World, gen: number, change: Partial<Rec>, durable = true): World {
  const before = world.gens[gen];
  if (before === undefined) return world;
  const disk = durable ? null : (before.disk ?? before.rec);
  return { ...world, gens: replaced(world.gens, gen, { rec: { ...before.rec, ...change }, disk }) };
}
