import type { Clock } from "./clock.ts";
import type { Asked, Order } from "./dialect.ts";
import { fires, type Plan } from "./faults.ts";
import type { Account } from "./limits.ts";
import { archivingShare, generationMs, type Pace, queuedShare, slowness } from "./pace.ts";
import { Recent } from "./recent.ts";

/** Ended without having been finished. */
export type Stop = "cancelled" | "expired";
export type Phase = "queued" | "running" | "archiving" | "succeeded" | "failed" | Stop;
export type Failure = "upstream" | "silent" | "moderation";

/** One paid task. Small on purpose: the prompt is not kept. */
export interface Task {
  id: string;
  /** Every task has another one, over all dialects. */
  number: number;
  account: Account;
  order: Omit<Order, "prompt" | "asked"> & { asked?: Asked };
  marker: string | undefined;
  /** The seed of everything that is left to chance in this task. */
  luck: number;
  plan: Plan | undefined;
  acceptedAt: number;
  /** Real time at which it begins to run; `Infinity` while reads decide. */
  runsAt: number;
  /** Real time at which it will end; `Infinity` while only reads move it, or nothing does. */
  endsAt: number;
  /** Real time at which it is given up; `Infinity` where it never is. */
  expiresAt: number;
  /** Status read at which it ends; `Infinity` where time decides. */
  endsAfterReads: number;
  /** 0 until it runs. */
  startedAt: number;
  /** 0 until it has ended. */
  endedAt: number;
  /** How it will end, or has ended, if not well. */
  failure: Failure | undefined;
  stopped: Stop | undefined;
  refunded: boolean;
  /** Its record was deleted: the vendor knows it no more, the bill does. */
  deleted: boolean;
  reads: number;
  /** Downloads refused by `url-expired`; URLs issued before the last of them stay dead. */
  deadUrls: number;
  timers: NodeJS.Timeout[];
}

/** What the world does when a task moves by itself. Neither may throw or reject. */
export interface Watcher {
  started(task: Task): void;
  ended(task: Task): Promise<void>;
}

/** A tenth too many is let in before any are dropped, so that dropping costs next to nothing per task. */
const sweepEvery = 1.1;

/** All tasks of all accounts, from acceptance to their end. */
export class Tasks {
  readonly #byId = new Map<string, Task>();
  readonly #byClientId: Recent<Task>;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #watcher: Watcher;
  /** Forgetting is tried when there are more than this. */
  #forgetAbove: number;
  forgotten = 0;

  /** `watcher` is told once of each start and of each end. */
  constructor(clock: Clock, pace: Pace, watcher: Watcher) {
    this.#clock = clock;
    this.#pace = pace;
    this.#watcher = watcher;
    this.#byClientId = new Recent(pace.keepTasks);
    this.#forgetAbove = pace.keepTasks * sweepEvery;
  }

  get(id: string): Task | undefined {
    return this.#byId.get(id);
  }

  /** The newest task of that account to which its client gave this name. */
  named(account: Account, clientId: string): Task | undefined {
    const task = this.#byClientId.get(nameOf(account, clientId));
    return task && this.#byId.get(task.id);
  }

  /** Oldest first. */
  all(): MapIterator<Task> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Takes a task in and sets its end. */
  start(
    given: Pick<Task, "id" | "number" | "account" | "order" | "marker" | "luck" | "plan">,
    acceptedAt = this.#clock.now(),
  ): Task {
    const never = Number.POSITIVE_INFINITY;
    const task: Task = {
      ...given,
      acceptedAt,
      ...{ runsAt: never, endsAt: never, expiresAt: never, endsAfterReads: never },
      ...{ startedAt: 0, endedAt: 0, reads: 0, deadUrls: 0 },
      ...{ failure: failureOf(given.plan), stopped: undefined, refunded: false, deleted: false, timers: [] },
    };
    this.#byId.set(task.id, task);
    const { clientId } = task.order;
    if (clientId !== undefined) this.#byClientId.set(nameOf(task.account, clientId), task);
    task.account.start();
    this.#setTimes(task);
    this.#forgetOldest();
    return task;
  }

  /** Counts one status read, and moves the task where that read is the one it was waiting for. */
  read(task: Task): void {
    task.reads += 1;
    if (task.reads >= task.endsAfterReads) void this.end(task);
    else this.#moveIfDue(task);
  }

  phase(task: Task): Phase {
    this.#moveIfDue(task);
    if (task.endedAt > 0) return task.stopped ?? (task.failure ? "failed" : "succeeded");
    if (task.startedAt === 0) return "queued";
    return this.#share(task) < archivingShare || task.failure ? "running" : "archiving";
  }

  /** 0 to 100. */
  progress(task: Task): number {
    return task.endedAt > 0 ? 100 : Math.min(99, Math.floor(this.#share(task) * 100));
  }

  /** Ends it well or badly as its plan says, or stops it. Resolves when whoever waits for the end has been told once. */
  async end(task: Task, stop?: Stop): Promise<void> {
    if (task.endedAt > 0) return;
    this.#stopTimers(task);
    task.stopped = stop;
    // The work was done when it was due, however late this timer is.
    task.endedAt = Math.min(this.#clock.now(), task.endsAt, task.expiresAt);
    task.account.end();
    await this.#watcher.ended(task);
  }

  clear(): void {
    for (const task of this.#byId.values()) this.#stopTimers(task);
    this.#byId.clear();
    this.#byClientId.clear();
    this.#forgetAbove = this.#pace.keepTasks * sweepEvery;
    this.forgotten = 0;
  }

  #setTimes(task: Task): void {
    const { reviewMs = 0, expiresAfterMs } = task.order;
    if (expiresAfterMs !== undefined) task.expiresAt = Math.ceil(task.acceptedAt + this.#clock.real(expiresAfterMs));
    const times = fires(task.plan, "slow") ? slowness : 1;
    if (fires(task.plan, "stuck")) task.runsAt = task.acceptedAt;
    else if (this.#pace.finishAfterPolls !== undefined) task.endsAfterReads = this.#pace.finishAfterPolls * times;
    else {
      const providerMs = times * generationMs(task.luck, task.order, this.#pace);
      task.runsAt = Math.ceil(task.acceptedAt + this.#clock.real(reviewMs + providerMs * queuedShare));
      task.endsAt = Math.ceil(task.acceptedAt + this.#clock.real(reviewMs + providerMs));
    }
    this.#setTimers(task);
  }

  /** What is told only when somebody looks needs no timer. */
  #setTimers(task: Task): void {
    const tellsStart = task.order.callbackUrl !== undefined && task.runsAt < task.endsAt;
    for (const at of [tellsStart ? task.runsAt : Number.POSITIVE_INFINITY, Math.min(task.endsAt, task.expiresAt)]) {
      if (at === Number.POSITIVE_INFINITY) continue;
      // A timer may be a millisecond early by the clock.
      task.timers.push(this.#clock.at(at, () => this.#moveIfDue(task, Math.max(at, this.#clock.now()))));
    }
  }

  /** A timer may be late; what a reader sees is not. */
  #moveIfDue(task: Task, now = this.#clock.now()): void {
    if (task.endedAt > 0) return;
    if (task.startedAt === 0 && this.#mayRun(task, now)) {
      task.startedAt = Math.min(now, task.runsAt);
      this.#watcher.started(task);
    }
    if (now >= task.endsAt) void this.end(task);
    else if (now >= task.expiresAt) void this.end(task, "expired");
  }

  #mayRun(task: Task, now: number): boolean {
    return task.runsAt === Number.POSITIVE_INFINITY ? this.#share(task) >= queuedShare : now >= task.runsAt;
  }

  /** How much of the work is done, 0 to 1. */
  #share(task: Task): number {
    if (task.endsAfterReads !== Number.POSITIVE_INFINITY) return task.reads / (task.endsAfterReads + 1);
    // Nobody knows when a stuck task ends; it looks as one in the middle does.
    if (task.endsAt === Number.POSITIVE_INFINITY) return 0.5;
    return (this.#clock.now() - task.acceptedAt) / (task.endsAt - task.acceptedAt);
  }

  #stopTimers(task: Task): void {
    for (const timer of task.timers) this.#clock.stop(timer);
    task.timers = [];
  }

  /** Drops finished tasks, oldest first; unfinished ones stay however many they are. */
  #forgetOldest(): void {
    if (this.#byId.size <= this.#forgetAbove) return;
    let surplus = this.#byId.size - this.#pace.keepTasks;
    for (const task of this.#byId.values()) {
      if (surplus <= 0) break;
      if (task.endedAt === 0) continue;
      this.#byId.delete(task.id);
      this.forgotten += 1;
      surplus -= 1;
    }
    this.#forgetAbove = Math.max(this.#pace.keepTasks, this.#byId.size) * sweepEvery;
  }
}

function nameOf(account: Account, clientId: string): string {
  return `${account.dialect}\u0000${account.key}\u0000${clientId}`;
}

function failureOf(plan: Plan | undefined): Failure | undefined {
  if (fires(plan, "task-fails")) return "upstream";
  if (fires(plan, "task-fails-silent")) return "silent";
  return fires(plan, "task-moderation") ? "moderation" : undefined;
}
