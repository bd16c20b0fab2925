import type { LRUCache } from "lru-cache";
import type { Account } from "./accounts.ts";
import type { Clock } from "./clock.ts";
import { type FaultPlan, fires } from "./faults.ts";
import { lastUsed } from "./maps.ts";
import type { Settings } from "./options.ts";
import { lognormal } from "./random.ts";
import { defaultGenerationMs, type Failure, type Phase, type Stop, type Task } from "./task.ts";

/** The share of its time after which a task starts to run, and the share after which its video is only being stored. */
const [queuedShare, archivingShare] = [0.15, 0.95];
/** The factor by which the fault `slow` prolongs a task. */
const slowFactor = 5;

type TaskSettings = Pick<Settings, "generationMs" | "finishAfterPolls" | "keepTasks">;

/** Called once when a task starts to run and once when it ends. Must neither throw nor reject. */
export interface TaskEvents {
  started(task: Task): void;
  ended(task: Task): Promise<void>;
}

/** Finished tasks are dropped in batches of a tenth of `keepTasks`, so that the cost per task is small. */
const dropAboveFactor = 1.1;

/** All tasks of all accounts and their progress. */
export class Tasks {
  readonly #byId = new Map<string, Task>();
  readonly #byName: LRUCache<string, Task>;
  readonly #clock: Clock;
  readonly #settings: TaskSettings;
  readonly #events: TaskEvents;
  /** Finished tasks are dropped above this number of tasks. */
  #dropAbove: number;
  forgotten = 0;

  constructor(clock: Clock, settings: TaskSettings, events: TaskEvents) {
    this.#clock = clock;
    this.#settings = settings;
    this.#events = events;
    this.#byName = lastUsed(settings.keepTasks);
    this.#dropAbove = settings.keepTasks * dropAboveFactor;
  }

  get(id: string): Task | undefined {
    return this.#byId.get(id);
  }

  /** The newest task to which a client of the account gave this name. A key outlives the record of its task. */
  named(account: Account, kind: NameKind, name: string): Task | undefined {
    const task = this.#byName.get(nameOf(account, kind, name));
    return kind === "client id" ? task && this.#byId.get(task.id) : task;
  }

  /** Oldest first. */
  all(): MapIterator<Task> {
    return this.#byId.values();
  }

  /** Adds a task and schedules its end. */
  start(
    given: Pick<Task, "id" | "number" | "account" | "order" | "marker" | "chance" | "plan" | "idempotency">,
    acceptedAt = Date.now(),
  ): Task {
    const never = Number.POSITIVE_INFINITY;
    const task: Task = {
      ...given,
      acceptedAt,
      ...{ runsAt: never, endsAt: never, expiresAt: never, endsAfterReads: never },
      ...{ startedAt: 0, endedAt: 0, reads: 0, deadUrls: 0, busyMs: 0 },
      ...{ failure: failureOf(given.plan), stopped: undefined, refunded: false, deleted: false, timers: [] },
    };
    this.#byId.set(task.id, task);
    for (const name of namesOf(task)) this.#byName.set(name, task);
    task.account.start();
    this.#setTimes(task);
    this.#dropOldest();
    return task;
  }

  /** Counts one status read, and advances the task if the number of reads or the time requires it. */
  read(task: Task): void {
    task.reads += 1;
    if (task.reads >= task.endsAfterReads) void this.end(task);
    else this.#advance(task);
  }

  phase(task: Task): Phase {
    this.#advance(task);
    if (task.endedAt > 0) return task.stopped ?? (task.failure ? "failed" : "succeeded");
    if (task.startedAt === 0) return "queued";
    return this.#share(task) < archivingShare || task.failure ? "running" : "archiving";
  }

  /** 0 to 100. */
  progress(task: Task): number {
    return task.endedAt > 0 ? 100 : Math.min(99, Math.floor(this.#share(task) * 100));
  }

  /** Ends the task with the result of its plan, or stops it. Resolves when the `ended` event has been handled. */
  async end(task: Task, stop?: Stop): Promise<void> {
    if (task.endedAt > 0) return;
    this.#stopTimers(task);
    task.stopped = stop;
    // A late timer does not change the end time.
    task.endedAt = Math.min(Date.now(), task.endsAt, task.expiresAt);
    task.account.end();
    await this.#events.ended(task);
  }

  #setTimes(task: Task): void {
    const { reviewMs = 0, expiresAfterMs } = task.order;
    if (expiresAfterMs !== undefined) task.expiresAt = Math.ceil(task.acceptedAt + this.#clock.real(expiresAfterMs));
    const times = fires(task.plan, "slow") ? slowFactor : 1;
    if (fires(task.plan, "stuck")) task.runsAt = task.acceptedAt;
    else if (this.#settings.finishAfterPolls !== undefined)
      task.endsAfterReads = this.#settings.finishAfterPolls * times;
    else {
      const spread = this.#settings.generationMs ?? defaultGenerationMs(task.order);
      const providerMs = times * lognormal(task.chance, "generation", spread);
      task.runsAt = Math.ceil(task.acceptedAt + this.#clock.real(reviewMs + providerMs * queuedShare));
      task.endsAt = Math.ceil(task.acceptedAt + this.#clock.real(reviewMs + providerMs));
    }
    this.#setTimers(task);
  }

  /** A start needs a timer only if a callback announces it; every end needs one. */
  #setTimers(task: Task): void {
    const announcesStart = task.order.callbackUrl !== undefined && task.runsAt < task.endsAt;
    for (const at of [announcesStart ? task.runsAt : Number.POSITIVE_INFINITY, Math.min(task.endsAt, task.expiresAt)]) {
      if (at === Number.POSITIVE_INFINITY) continue;
      // A timer can fire a millisecond before the clock shows its time.
      task.timers.push(this.#clock.at(at, () => this.#advance(task, Math.max(at, Date.now()))));
    }
  }

  /** Applies every transition that is due at `now`; also called by reads, because a timer can be late. */
  #advance(task: Task, now = Date.now()): void {
    if (task.endedAt > 0) return;
    if (task.startedAt === 0 && this.#mayRun(task, now)) {
      task.startedAt = Math.min(now, task.runsAt);
      this.#events.started(task);
    }
    if (now >= task.endsAt) void this.end(task);
    else if (now >= task.expiresAt) void this.end(task, "expired");
  }

  #mayRun(task: Task, now: number): boolean {
    return task.runsAt === Number.POSITIVE_INFINITY ? this.#share(task) >= queuedShare : now >= task.runsAt;
  }

  /** The share of the work that is done, 0 to 1. */
  #share(task: Task): number {
    if (task.endsAfterReads !== Number.POSITIVE_INFINITY) return task.reads / (task.endsAfterReads + 1);
    // A stuck task has no end; it stays halfway.
    if (task.endsAt === Number.POSITIVE_INFINITY) return 0.5;
    return (Date.now() - task.acceptedAt) / (task.endsAt - task.acceptedAt);
  }

  #stopTimers(task: Task): void {
    for (const timer of task.timers) this.#clock.stop(timer);
    task.timers = [];
  }

  /** Drops the oldest finished tasks above `keepTasks`; unfinished tasks are never dropped. */
  #dropOldest(): void {
    if (this.#byId.size <= this.#dropAbove) return;
    let surplus = this.#byId.size - this.#settings.keepTasks;
    for (const task of this.#byId.values()) {
      if (surplus <= 0) break;
      if (task.endedAt === 0) continue;
      this.#byId.delete(task.id);
      this.forgotten += 1;
      surplus -= 1;
    }
    this.#dropAbove = Math.max(this.#settings.keepTasks, this.#byId.size) * dropAboveFactor;
  }
}

/** What a client can name a task by, besides the vendor's id. */
type NameKind = "client id" | "idempotency key";

function nameOf({ vendor, key }: Account, kind: NameKind, name: string): string {
  return [vendor, key, kind, name].join("\u0000");
}

function namesOf({ account, order: { clientId }, idempotency }: Task): string[] {
  return [
    ...(clientId === undefined ? [] : [nameOf(account, "client id", clientId)]),
    ...(idempotency ? [nameOf(account, "idempotency key", idempotency.key)] : []),
  ];
}

function failureOf(plan: FaultPlan | undefined): Failure | undefined {
  if (fires(plan, "task-fails")) return "upstream";
  if (fires(plan, "task-fails-silent")) return "silent";
  return fires(plan, "task-moderation") ? "moderation" : undefined;
}
