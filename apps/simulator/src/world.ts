import { Accounts } from "./accounts.ts";
import type { Reply } from "./answer.ts";
import { type Asset, Assets } from "./assets.ts";
import { Bill } from "./bill.ts";
import { Callbacks } from "./callbacks.ts";
import { Clock } from "./clock.ts";
import type { Dialect, Refusal, View } from "./dialect.ts";
import { Faults, readWishes } from "./faults.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import type { Account } from "./limits.ts";
import { RequestLog } from "./log.ts";
import type { Settings } from "./options.ts";
import { Outputs } from "./outputs.ts";
import { lot } from "./random.ts";
import { Recent } from "./recent.ts";
import { type Task, Tasks } from "./tasks.ts";
import { Uploads } from "./uploads.ts";

/** Everything that exists behind the providers' doors, whichever dialect is spoken at them. */
export class World {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly tasks: Tasks;
  readonly bill = new Bill();
  readonly faults: Faults;
  readonly keys: IdempotencyKeys;
  readonly assets: Assets;
  readonly uploads = new Uploads();
  readonly outputs: Outputs;
  readonly callbacks: Callbacks;
  readonly log: RequestLog;
  readonly #dialects: ReadonlyMap<string, Dialect>;
  readonly #prompts: Recent<number>;
  #number = 0;
  #refusals = 0;

  constructor(settings: Settings, dialects: readonly Dialect[]) {
    this.settings = settings;
    this.clock = new Clock(settings.clockFactor);
    this.accounts = new Accounts(this.clock, settings.limits);
    this.tasks = new Tasks(this.clock, settings, {
      started: (task) => this.callbacks.change(this.dialectOf(task), unfinished(task, "running")),
      ended: (task) => this.#settle(task),
    });
    this.faults = new Faults(settings.rates);
    this.keys = new IdempotencyKeys(this.clock, settings.keepTasks);
    this.assets = new Assets(this.clock, settings.assetReviewMs);
    this.outputs = new Outputs(this.clock, settings.seed, settings.urlLifeMs);
    this.callbacks = new Callbacks(this.clock, settings);
    this.callbacks.on = settings.callbacks;
    this.log = new RequestLog(settings.keepLog);
    this.#dialects = new Map(dialects.map((dialect) => [dialect.name, dialect]));
    this.#prompts = new Recent(settings.keepTasks);
  }

  get dialects(): Iterable<Dialect> {
    return this.#dialects.values();
  }

  dialectOf(task: Task): Dialect {
    const dialect = this.#dialects.get(task.account.dialect);
    if (!dialect) throw new Error(`no dialect ${task.account.dialect}`);
    return dialect;
  }

  /** Counts one submission of a prompt. Its luck is the same in any run where that prompt was submitted as often before. */
  submission(prompt: string): { promptName: string; luck: number } {
    const promptName = `${lot(1, prompt)}-${lot(2, prompt)}`;
    const before = this.#prompts.get(promptName) ?? 0;
    this.#prompts.set(promptName, before + 1);
    return { promptName, luck: lot(this.settings.seed, promptName, before) };
  }

  /** Counts from 1 over everything that needs an id of its own. */
  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  /** The next one comes after this one too. */
  numberFrom(number: number): void {
    this.#number = Math.max(this.#number, number);
  }

  /** Takes a file into a client's library; what goes wrong with it stands in its name, or in its address. */
  addAsset(given: Parameters<Assets["add"]>[0]): Asset {
    const text = `${given.name} ${given.url}`;
    return this.assets.add(given, this.faults.plan(readWishes(text), this.submission(text)));
  }

  /** What the vendor answers instead of what was asked for. */
  refuse(dialect: Pick<Dialect, "refuse">, refusal: Refusal): Reply {
    this.#refusals += 1;
    return dialect.refuse(refusal, lot(this.settings.seed, "refusal", this.#refusals));
  }

  /** The account's task of that id, or to which its client gave that name, while the vendor still knows it. */
  taskOf(dialect: Dialect, account: Account, id: string): Task | undefined {
    const task = this.tasks.get(id) ?? this.tasks.named(account, id);
    return task?.account === account && this.#isKept(dialect, task) ? task : undefined;
  }

  /** Every task that the vendor still shows to this account, newest first. */
  tasksOf(dialect: Dialect, account: Account): Task[] {
    const own: Task[] = [];
    for (const task of this.tasks.all()) if (task.account === account && this.#isKept(dialect, task)) own.push(task);
    return own.reverse();
  }

  /** What an honest status read shows now. */
  view(task: Task): View {
    const phase = this.tasks.phase(task);
    const outputs = phase === "succeeded" ? this.outputs.of(task, this.dialectOf(task)) : [];
    return { task, phase, progress: this.tasks.progress(task), outputs };
  }

  /** Back to the start: no tasks, no bill, no log, the rates and switches of the options. */
  reset(): void {
    this.clock.clear();
    this.tasks.clear();
    this.bill.clear();
    this.accounts.clear();
    this.keys.clear();
    this.assets.clear();
    this.uploads.clear();
    this.faults.reset();
    this.callbacks.clear();
    this.callbacks.on = this.settings.callbacks;
    this.log.clear();
    this.#prompts.clear();
    this.#refusals = 0;
  }

  async close(): Promise<void> {
    this.clock.clear();
    await this.callbacks.close();
  }

  #isKept({ recordLife }: Dialect, task: Task): boolean {
    if (task.deleted || !recordLife) return !task.deleted;
    const now = this.clock.now();
    if (now - task.acceptedAt >= this.clock.real(recordLife.acceptedMs)) return false;
    return task.stopped !== "cancelled" || now - task.endedAt < this.clock.real(recordLife.cancelledMs);
  }

  #settle(task: Task): Promise<void> {
    if (task.failure || task.stopped) this.bill.refund(task);
    return this.callbacks.final(this.dialectOf(task), this.view(task));
  }
}

/** A task that has only just come into this phase. */
export function unfinished(task: Task, phase: "queued" | "running"): View {
  return { task, phase, progress: 0, outputs: [] };
}
