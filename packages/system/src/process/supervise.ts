import { setTimeout as delay } from "node:timers/promises";
import { SystemError } from "../machine.ts";
import { type End, type ProcessSpec, type RunningProcess, startProcess } from "./process.ts";

export interface RestartPolicy {
  /** Without delay, and also before it was first ready; default: after 0.5 s, doubled at each failure up to 15 s. */
  atOnce?: boolean;
  log?(line: string): void;
  /** Called at each start for further variables of that run. */
  envOfRun?(): NodeJS.ProcessEnv;
  /** Called when a run has ended by itself. */
  onEnd?(run: RunningProcess, end: End): void;
}

const backoffMs = { first: 500, most: 15_000 };
/** A run of this length resets the restart delay. */
const stableMs = 60_000;

/** A process that is restarted whenever it exits by itself. */
export class Supervised {
  /** The last run, which may have ended. */
  current: RunningProcess;
  readonly #spec: ProcessSpec;
  readonly #policy: RestartPolicy;
  readonly #stopping = new AbortController();
  readonly #ready: Promise<void>;

  constructor(spec: ProcessSpec, policy: RestartPolicy) {
    this.#spec = spec;
    this.#policy = policy;
    this.current = this.#start();
    this.#ready = this.#firstReady();
    this.#ready.catch(() => undefined); // prevents an unhandled rejection before the caller awaits it
    void this.#keepRunning();
  }

  /** Resolves once first ready; rejects with a SystemError if the process exits before or needs longer than 60 s. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Sends SIGTERM, and SIGKILL after `graceMs`; resolves at the exit. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { killedAfterMs } = await this.current.stop();
    if (killedAfterMs === undefined) return;
    this.#policy.log?.(`${this.#spec.name} did not exit within ${killedAfterMs / 1_000} s: killed.`);
  }

  /** Sends SIGKILL; no restart follows. */
  kill(): void {
    this.#stopping.abort();
    this.current.kill("SIGKILL");
  }

  #start(): RunningProcess {
    return startProcess({ ...this.#spec, env: { ...this.#spec.env, ...this.#policy.envOfRun?.() } });
  }

  async #firstReady(): Promise<void> {
    const { name } = this.#spec;
    const run = this.current;
    const isReady = await run.ready().then(
      () => true,
      () => false,
    );
    if (this.#stopping.signal.aborted) throw new SystemError(`${name} was stopped while it started`);
    if (isReady) return;
    const outcome = run.alive() ? "not ready in time" : outcomeOf(await run.exited);
    if (!this.#policy.atOnce) this.kill();
    throw new SystemError(`${name} did not start: ${reasonIn(run.logs()) ?? outcome}`);
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const { atOnce, log, onEnd } = this.#policy;
    if (!atOnce) await this.#ready.catch(() => undefined);
    for (let failures = 0; ; failures += 1) {
      const startedAt = Date.now();
      const end = await this.current.exited;
      if (signal.aborted) return;
      onEnd?.(this.current, end);
      if (Date.now() - startedAt > stableMs) failures = 0;
      const waitMs = atOnce ? 0 : Math.min(backoffMs.first * 2 ** failures, backoffMs.most);
      log?.(`${this.#spec.name}: ${outcomeOf(end)}; restarting in ${waitMs / 1_000} s (log: ${this.#spec.log}).`);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.current = this.#start();
    }
  }
}

const outcomeOf = ({ code, signal }: End): string => (signal === null ? `exit code ${code}` : `ended by ${signal}`);

/** The likely cause of an exit, from the output: the last error, else the plain lines after the last JSON line. */
function reasonIn(output: string): string | undefined {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const error = lines.findLast((line) => /^[A-Z]\w*Error\b/.test(line));
  if (error !== undefined) return error;
  const firstPlain = lines.findLastIndex((line) => line.startsWith("{")) + 1;
  return lines.slice(firstPlain).join("\n") || lines.at(-1);
}
