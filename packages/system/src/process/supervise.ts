import { setTimeout as delay } from "node:timers/promises";
import { SystemError } from "../machine.ts";
import { type End, type ProcessSpec, type RunningProcess, startProcess } from "./process.ts";

/** A process that is restarted whenever it exits by itself. */
export interface Supervised {
  /** Resolves once first ready; rejects with a SystemError if the process exits before or needs longer than 60 s. */
  ready: Promise<void>;
  /** The last run, which may have ended. */
  current(): RunningProcess;
  /** Sends SIGTERM, and SIGKILL after `graceMs`; resolves at the exit. */
  stop(): Promise<void>;
  /** Sends SIGKILL; no restart follows. */
  kill(): void;
}

export interface RestartPolicy {
  log(line: string): void;
  /** Delay of the next restart after this many runs of less than a minute; default: 0.5 s that doubles up to 15 s. */
  delayMs?(failures: number): number;
  /** Restarts it also before it was first ready; default: it is given up. */
  whileStarting?: boolean;
  /** Called at each start for further variables of that run. */
  envOfRun?(): NodeJS.ProcessEnv;
  /** Called when a run has ended by itself. */
  onEnd?(run: RunningProcess, end: End): void;
}

/** A run of this length resets the restart delay. */
const stableMs = 60_000;
const backoff = (failures: number): number => Math.min(500 * 2 ** failures, 15_000);

export function supervise(spec: ProcessSpec, policy: RestartPolicy): Supervised {
  const supervised = new SupervisedProcess(spec, policy);
  const ready = supervised.firstReady();
  ready.catch(() => undefined); // prevents an unhandled rejection before the caller awaits `ready`
  void (policy.whileStarting
    ? supervised.keepRunning()
    : ready.then(
        () => supervised.keepRunning(),
        () => {},
      ));
  return {
    ready,
    current: () => supervised.current,
    stop: () => supervised.stop(),
    kill: () => supervised.kill(),
  };
}

class SupervisedProcess {
  current: RunningProcess;
  readonly #spec: ProcessSpec;
  readonly #policy: RestartPolicy;
  readonly #stopping = new AbortController();

  constructor(spec: ProcessSpec, policy: RestartPolicy) {
    this.#spec = spec;
    this.#policy = policy;
    this.current = this.#start();
  }

  async firstReady(): Promise<void> {
    const { name } = this.#spec;
    const run = this.current;
    const isReady = await run.ready().then(
      () => true,
      () => false,
    );
    if (this.#stopping.signal.aborted) throw new SystemError("stopped", `${name} was stopped while it started`);
    if (isReady) return;
    const outcome = run.alive() ? "not ready in time" : outcomeOf(await run.exited);
    if (!this.#policy.whileStarting) this.kill();
    throw new SystemError("not_started", `${name} did not start: ${reasonIn(run.logs()) ?? outcome}`);
  }

  async stop(): Promise<void> {
    const { name, graceMs = 10_000 } = this.#spec;
    this.#stopping.abort();
    const { killed } = await this.current.stop();
    if (killed) this.#policy.log(`${name} did not exit within ${graceMs / 1_000} s: killed.`);
  }

  kill(): void {
    this.#stopping.abort();
    this.current.kill("SIGKILL");
  }

  async keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const { log, delayMs = backoff, onEnd } = this.#policy;
    let failures = 0;
    for (;;) {
      const startedAt = Date.now();
      const end = await this.current.exited;
      if (signal.aborted) return;
      onEnd?.(this.current, end);
      failures = Date.now() - startedAt > stableMs ? 0 : failures;
      const waitMs = delayMs(failures);
      failures += 1;
      const { name, log: file } = this.#spec;
      log(`${name}: ${outcomeOf(end)}; restarting in ${waitMs / 1_000} s (log: ${file}).`);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.current = this.#start();
    }
  }

  #start(): RunningProcess {
    return startProcess({ ...this.#spec, env: { ...this.#spec.env, ...this.#policy.envOfRun?.() } });
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
