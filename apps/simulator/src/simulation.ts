import { LRUCache } from "lru-cache";
import { Agent } from "undici";
import { Account } from "./accounts.ts";
import { type Asset, Assets } from "./assets.ts";
import { Bill } from "./bill.ts";
import { Callbacks } from "./callbacks.ts";
import { Clock } from "./clock.ts";
import { Faults } from "./faults.ts";
import type { Reply } from "./http.ts";
import { RequestLog } from "./log.ts";
import { findOrAdd } from "./maps.ts";
import type { Settings } from "./options.ts";
import { Outputs } from "./outputs.ts";
import { randomInteger } from "./random.ts";
import type { Task } from "./task.ts";
import { Tasks } from "./tasks.ts";
import type { Refusal, Vendor, View } from "./vendor.ts";

/** The complete state of one simulator, shared by all vendors. */
export class Simulation {
  readonly settings: Settings;
  readonly vendors: ReadonlyMap<string, Vendor>;
  readonly clock: Clock;
  readonly outputs: Outputs;
  readonly #agent = new Agent({ connections: 16 });
  /** The newest number of an id. A reset keeps it, so that no id returns. */
  lastNumber = 0;
  // A reset replaces everything below.
  /** Whether the faults that name `fileOutageMs` occur. */
  outagesOn = true;
  /** One account per vendor and key, created on the first call. */
  accounts!: Map<string, Account>;
  tasks!: Tasks;
  bill!: Bill;
  faults!: Faults;
  assets!: Assets;
  /** Files uploaded by clients, in memory; above 256 MB in total those not used for longest are dropped. */
  uploads!: LRUCache<string, { file: Buffer; contentType: string }>;
  callbacks!: Callbacks;
  log!: RequestLog;
  #refusals = 0;

  constructor(settings: Settings, vendors: readonly Vendor[]) {
    this.settings = settings;
    this.vendors = new Map(vendors.map((vendor) => [vendor.name, vendor]));
    this.clock = new Clock(settings.clockFactor);
    this.outputs = new Outputs(this.clock, settings.seed, settings.urlLifeMs);
    this.reset();
  }

  /** Removes tasks, bill and log, and restores the rates and switches of the options. */
  reset(): void {
    const { clock, settings } = this;
    clock.clear();
    this.outagesOn = true;
    this.accounts = new Map();
    this.tasks = new Tasks(clock, settings, {
      started: (task) => this.callbacks.sendChange(this.vendorOf(task), unfinished(task, "running")),
      ended: (task) => this.#refundAndNotify(task),
    });
    this.bill = new Bill();
    this.faults = new Faults(settings.rates, settings.seed, settings.keepTasks);
    this.assets = new Assets(clock, settings.assetReviewMs);
    this.uploads = new LRUCache({ maxSize: 256_000_000, sizeCalculation: ({ file }) => file.length });
    this.callbacks = new Callbacks(clock, settings, this.#agent);
    this.log = new RequestLog(settings.keepLog);
    this.#refusals = 0;
  }

  vendorOf(task: Task): Vendor {
    const vendor = this.vendors.get(task.account.vendor);
    if (!vendor) throw new Error(`unknown vendor ${task.account.vendor}`);
    return vendor;
  }

  accountOf(vendor: Vendor, key: string): Account {
    return findOrAdd(this.accounts, `${vendor.name}\u0000${key}`, () => {
      const { limits } = this.settings;
      const own = limits === "off" ? {} : { ...vendor.limits, ...limits[vendor.name] };
      return new Account(vendor.name, key, own, this.clock);
    });
  }

  /** The next number for an id, counted from 1 over tasks, assets and uploads. */
  nextNumber(): number {
    this.lastNumber += 1;
    return this.lastNumber;
  }

  /** Adds a file to a client's library; faults come from directives in its name or URL. */
  addAsset(given: Parameters<Assets["add"]>[0]): Asset {
    return this.assets.add(given, this.faults.plan(`${given.name} ${given.url}`).plan);
  }

  refuse(vendor: Pick<Vendor, "refuse">, refusal: Refusal): Reply {
    this.#refusals += 1;
    return vendor.refuse(refusal, randomInteger(this.settings.seed, "refusal", this.#refusals));
  }

  /** The account's task by its id or by the client's id, unless the vendor no longer returns it. */
  taskOf(account: Account, id: string): Task | undefined {
    const task = this.tasks.get(id) ?? this.tasks.named(account, "client id", id);
    return task?.account === account && this.#isReadable(task) ? task : undefined;
  }

  /** Every task of the account that the vendor still returns, newest first. */
  tasksOf(account: Account): Task[] {
    return [...this.tasks.all()].filter((task) => task.account === account && this.#isReadable(task)).reverse();
  }

  /** The task as a status read without faults shows it now. */
  view(task: Task): View {
    const phase = this.tasks.phase(task);
    const outputs = phase === "succeeded" ? this.outputs.of(task, this.vendorOf(task)) : [];
    return { task, phase, progress: this.tasks.progress(task), outputs };
  }

  async close(): Promise<void> {
    this.clock.clear();
    await this.#agent.destroy();
  }

  #isReadable(task: Task): boolean {
    const { recordLife } = this.vendorOf(task);
    if (task.deleted || !recordLife) return !task.deleted;
    const now = Date.now();
    if (now - task.acceptedAt >= this.clock.real(recordLife.acceptedMs)) return false;
    return task.stopped !== "cancelled" || now - task.endedAt < this.clock.real(recordLife.cancelledMs);
  }

  #refundAndNotify(task: Task): Promise<void> {
    if (task.failure || task.stopped) this.bill.refund(task);
    return this.callbacks.send(this.vendorOf(task), this.view(task));
  }
}

/** The view of a task that has just entered this phase. */
export function unfinished(task: Task, phase: "queued" | "running"): View {
  return { task, phase, progress: 0, outputs: [] };
}
