import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Readiness } from "./health.ts";
import type { Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { closeWithin } from "./run.ts";
import { TrackedScope } from "./scope.ts";
import { StartError } from "./start-error.ts";
import type { Watchdog } from "./watchdog.ts";

/** Opens in the scope all that a process does for one cell. */
export type OpenCell = (scope: AsyncDisposableStack, wish: CellWish) => Promise<OpenedCell>;

export interface CellWish {
  configPath: string;
  log: Logger;
  metrics: Metrics;
  /** The environment is common to several cells: a key in it makes no account by itself. */
  namedAccountsOnly: boolean;
  /** To be called when the cell makes no progress any more. */
  expired(): void;
}

export interface OpenedCell {
  ready(): Promise<Readiness>;
  /** Left out: a cell that is open makes progress. */
  watchdog?: Pick<Watchdog, "ok" | "silentMs">;
}

const openWithinMs = 30_000;
/** A cell that did not come up is tried again after so long, twice as long each time. */
const pauseMs = { first: 1_000, most: 30_000 };
const closeWithinMs = 70_000;
/** What takes longer to close goes on closing beside the cell that is opened again: any number of workers may serve one. */
const besideAfterMs = 10_000;

/** One cell of several in a process, kept open by itself until it is closed: what fails or hangs here holds up nothing else. */
export class KeptCell {
  readonly name: string;
  /** Resolves once it is open, or is not for a reason that may pass; rejects where only a person can help. */
  readonly begun: Promise<void>;
  opened: OpenedCell | undefined;
  metrics: Metrics | undefined;
  /** Why it is not open. */
  reason = "it is being opened";
  sinceMs = performance.now();
  readonly #configPath: string;
  readonly #log: Logger;
  readonly #open: OpenCell;
  readonly #begun = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  readonly #stopped = once(this.#stop.signal, "abort").then(() => undefined);
  readonly #closed: Promise<boolean>;

  constructor({ name, configPath, log }: { name: string; configPath: string; log: Logger }, open: OpenCell) {
    this.name = name;
    this.#configPath = configPath;
    this.#log = log;
    this.#open = open;
    this.begun = this.#begun.promise;
    this.#closed = this.#keep();
  }

  /** False where something did not close in order; the log says what. */
  close(): Promise<boolean> {
    this.#stop.abort();
    return this.#closed;
  }

  async #keep(): Promise<boolean> {
    const { signal } = this.#stop;
    let failures = 0;
    for (;;) {
      const scope = new TrackedScope();
      try {
        await this.#serve(scope);
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#tell(error, pauseAfter(failures));
      }
      this.#leave();
      const closed = closeWithin(scope, closeWithinMs, this.#log);
      const hangs = wait(besideAfterMs, true, { signal }).catch(() => false);
      const beside = await Promise.race([closed.then(() => false), hangs]);
      if (beside) this.#log.warn("the cell is still closing: it is opened again beside that");
      await wait(pauseAfter(failures), undefined, { signal }).catch(() => {});
      if (signal.aborted) return beside || closed;
    }
  }

  /** Opens it, and resolves when it has expired or is to be closed. */
  async #serve(scope: AsyncDisposableStack): Promise<void> {
    const { promise: expired, resolve: expire } = Promise.withResolvers<void>();
    const metrics = createMetrics({ cell: this.name });
    const wish = { configPath: this.#configPath, log: this.#log, metrics, namedAccountsOnly: true, expired: expire };
    const opened = await Promise.race([this.#open(scope, wish), this.#stopped, late()]);
    this.#begun.resolve();
    if (opened === undefined) return;
    this.opened = opened;
    this.metrics = metrics;
    this.sinceMs = performance.now();
    this.#log.info("the cell is served");
    await Promise.race([expired, this.#stopped]);
    this.reason = "it made no progress and is being opened again";
    if (!this.#stop.signal.aborted) this.#log.error("the cell makes no progress: it is closed and opened again");
  }

  #tell(error: unknown, againInMs: number): void {
    this.reason = error instanceof Error ? error.message : String(error);
    // once anything has been open, no file or key that somebody has spoilt since stops the other cells
    if (error instanceof StartError && !error.passing) this.#begun.reject(error);
    else this.#begun.resolve();
    this.#log.warn({ err: error }, `the cell cannot be opened; it is tried again in ${againInMs / 1_000} s`);
  }

  #leave(): void {
    if (this.opened) this.sinceMs = performance.now();
    this.opened = undefined;
    this.metrics = undefined;
  }
}

async function late(): Promise<never> {
  await wait(openWithinMs, undefined, { ref: false });
  throw new Error(`it was not open within ${openWithinMs / 1_000} s`);
}

function pauseAfter(failures: number): number {
  return Math.min(pauseMs.most, pauseMs.first * 2 ** Math.max(0, failures - 1));
}
