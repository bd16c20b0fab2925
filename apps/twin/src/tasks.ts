import type { Clock } from "./clock.ts";
import type { Order } from "./dialect.ts";
import { fires, type Plan } from "./faults.ts";
import type { Account } from "./limits.ts";
import { lognormal } from "./random.ts";

export type Phase = "queued" | "running" | "archiving" | "succeeded" | "failed";
export type Failure = "upstream" | "silent" | "moderation";

/** One paid task. Small on purpose: the prompt is not kept. */
export interface Task {
  id: string;
  /** Counts from 1 over all dialects. */
  number: number;
  account: Account;
  order: Omit<Order, "prompt">;
  marker: string | undefined;
  /** The seed of everything that is left to chance in this task. */
  luck: number;
  plan: Plan | undefined;
  acceptedAt: number;
  /** Real time at which it will end; `Infinity` while only reads move it, or nothing does. */
  endsAt: number;
  /** Status read at which it ends; `Infinity` where time decides. */
  endsAfterReads: number;
  /** 0 until it has ended. */
  endedAt: number;
  /** How it will end, or has ended, if not well. */
  failure: Failure | undefined;
  refunded: boolean;
  reads: number;
  /** Downloads refused by `url-expired`; URLs issued before the last of them stay dead. */
  deadUrls: number;
  timer: NodeJS.Timeout | undefined;
}

export interface Pace {
  generationMs?: { median: number; sigma: number } | undefined;
  finishAfterPolls?: number | undefined;
  keepTasks: number;
}

const queuedShare = 0.15;
const archivingShare = 0.95;
const slowness = 5;
/** A tenth too many is let in before any are dropped, so that dropping costs next to nothing per task. */
const sweepEvery = 1.1;

/** All tasks of all accounts, from acceptance to their end. */
export class Tasks {
  readonly #byId = new Map<string, Task>();
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #onEnd: (task: Task) => Promise<void>;
  /** Forgetting is tried when there are more than this. */
  #forgetAbove: number;
  forgotten = 0;

  /** `onEnd` is called once for each task and never rejects. */
  constructor(clock: Clock, pace: Pace, onEnd: (task: Task) => Promise<void>) {
    this.#clock = clock;
    this.#pace = pace;
    this.#onEnd = onEnd;
    this.#forgetAbove = pace.keepTasks * sweepEvery;
  }

  get(id: string): Task | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first. */
  all(): MapIterator<Task> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Takes a new task in and sets its end. */
  start(given: Pick<Task, "id" | "number" | "account" | "order" | "marker" | "luck" | "plan">): Task {
    const task: Task = {
      ...given,
      acceptedAt: this.#clock.now(),
      endsAt: Number.POSITIVE_INFINITY,
      endsAfterReads: Number.POSITIVE_INFINITY,
      endedAt: 0,
      failure: failureOf(given.plan),
      refunded: false,
      reads: 0,
      deadUrls: 0,
      timer: undefined,
    };
    this.#byId.set(task.id, task);
    task.account.start();
    this.#setEnd(task);
    this.#forgetOldest();
    return task;
  }

  /** Counts one status read, and ends the task where that read is the one it was waiting for. */
  read(task: Task): void {
    task.reads += 1;
    if (task.reads >= task.endsAfterReads) void this.end(task);
    else this.#endIfDue(task);
  }

  phase(task: Task): Phase {
    this.#endIfDue(task);
    if (task.endedAt > 0) return task.failure ? "failed" : "succeeded";
    const done = this.#share(task);
    if (done < queuedShare) return "queued";
    return done < archivingShare || task.failure ? "running" : "archiving";
  }

  /** 0 to 100. */
  progress(task: Task): number {
    return task.endedAt > 0 ? 100 : Math.min(99, Math.floor(this.#share(task) * 100));
  }

  /** Resolves when whoever waits for the end has been told once. */
  async end(task: Task): Promise<void> {
    if (task.endedAt > 0) return;
    this.#clock.stop(task.timer);
    task.timer = undefined;
    // The work was done when it was due, however late this timer is.
    task.endedAt = Math.min(this.#clock.now(), task.endsAt);
    task.account.end();
    await this.#onEnd(task);
  }

  clear(): void {
    for (const task of this.#byId.values()) this.#clock.stop(task.timer);
    this.#byId.clear();
    this.#forgetAbove = this.#pace.keepTasks * sweepEvery;
    this.forgotten = 0;
  }

  #setEnd(task: Task): void {
    if (fires(task.plan, "stuck")) return;
    const times = fires(task.plan, "slow") ? slowness : 1;
    if (this.#pace.finishAfterPolls !== undefined) {
      task.endsAfterReads = this.#pace.finishAfterPolls * times;
      return;
    }
    const providerMs = times * lognormal(task.luck, "generation", this.#pace.generationMs ?? usualPace(task.order));
    task.endsAt = Math.ceil(task.acceptedAt + this.#clock.real(providerMs));
    task.timer = this.#clock.after(providerMs, () => void this.end(task));
  }

  /** A timer may be late; what a reader sees is not. */
  #endIfDue(task: Task): void {
    if (task.endedAt === 0 && this.#clock.now() >= task.endsAt) void this.end(task);
  }

  /** How much of the work is done, 0 to 1. */
  #share(task: Task): number {
    if (task.endsAfterReads !== Number.POSITIVE_INFINITY) return task.reads / (task.endsAfterReads + 1);
    // Nobody knows when a stuck task ends; it looks as one in the middle does.
    if (task.endsAt === Number.POSITIVE_INFINITY) return 0.5;
    return (this.#clock.now() - task.acceptedAt) / (task.endsAt - task.acceptedAt);
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

function failureOf(plan: Plan | undefined): Failure | undefined {
  if (fires(plan, "task-fails")) return "upstream";
  if (fires(plan, "task-fails-silent")) return "silent";
  return fires(plan, "task-moderation") ? "moderation" : undefined;
}

/** INVENTED: no vendor publishes completion times; one to three minutes is what users report. */
function usualPace(order: Omit<Order, "prompt">): { median: number; sigma: number } {
  const perSecondMs = { "480p": 4_000, "720p": 6_000, "1080p": 8_000 }[order.resolution] ?? 6_000;
  const medianMs = 45_000 + perSecondMs * order.seconds;
  return { median: order.model.includes("fast") ? medianMs * 0.6 : medianMs, sigma: 0.3 };
}
