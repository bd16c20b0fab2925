import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { writePidFile } from "./home.ts";
import { LogFile } from "./log-file.ts";
import { type Machine, SystemError } from "./machine.ts";

export interface ProcessSpec {
  name: string;
  command: string;
  arguments: string[];
  env: NodeJS.ProcessEnv;
  /** Home folder: the log is in `logs`, the pid file in `run`. */
  home: string;
  /** Resolves with true once the process serves. */
  ready: () => Promise<boolean>;
  /** Time from SIGTERM to SIGKILL. */
  graceMs: number;
}

/** A process that is restarted with a growing delay whenever it exits by itself. */
export interface Supervised {
  /** Resolves once first ready; rejects with a SystemError if the process exits before or needs longer than 60 s. */
  ready: Promise<void>;
  /** Sends SIGTERM, and SIGKILL after `graceMs`; resolves at the exit. */
  stop(): Promise<void>;
  /** Sends SIGKILL; no restart follows. */
  kill(): void;
}

const firstStartMs = 60_000;
const backoffMs = { first: 500, most: 15_000 };
/** A run of this length resets the restart delay. */
const stableMs = 60_000;

export function supervise(spec: ProcessSpec, { log }: Pick<Machine, "log">): Supervised {
  const supervised = new SupervisedProcess(spec, log);
  const ready = supervised.firstStart();
  ready.catch(() => undefined); // prevents an unhandled rejection before the caller awaits `ready`
  return {
    ready,
    stop: () => supervised.stop(),
    kill: () => supervised.kill(),
  };
}

class SupervisedProcess {
  readonly #spec: ProcessSpec;
  readonly #log: (line: string) => void;
  readonly #logFile: LogFile;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve("never started");

  constructor(spec: ProcessSpec, log: (line: string) => void) {
    this.#spec = spec;
    this.#log = log;
    this.#logFile = new LogFile(spec.home, spec.name);
  }

  async firstStart(): Promise<void> {
    this.#start();
    const outcome = await Promise.race([this.#exited, this.#untilReady()]);
    if (this.#stopping.signal.aborted) throw new SystemError(`${this.#spec.name} was stopped while it started`);
    if (outcome !== "ready") {
      this.kill();
      throw new SystemError(`${this.#spec.name} did not start: ${this.#logFile.reason() ?? outcome}`);
    }
    void this.#keepRunning();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill("SIGTERM");
    const timer = setTimeout(() => {
      this.#log(`${this.#spec.name} did not exit within ${this.#spec.graceMs / 1_000} s: killed.`);
      this.kill();
    }, this.#spec.graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#stopping.abort();
    this.#child?.kill("SIGKILL");
  }

  /** `detached`: Ctrl-C in the terminal reaches only the launcher, which stops the processes in order. */
  #start(): void {
    const { command, arguments: args, env, home, name } = this.#spec;
    const output = this.#logFile.open();
    const child = spawn(command, args, { env, stdio: ["ignore", output, output], detached: true });
    this.#logFile.close(output);
    this.#child = child;
    const removePidFile = child.pid === undefined ? () => {} : writePidFile(home, name, child.pid);
    this.#exited = once(child, "exit").then(
      ([code, signal]) => (signal === null ? `exit code ${code}` : `ended by ${signal}`),
      (error: Error) => error.message,
    );
    void this.#exited.then(removePidFile);
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    let startedAt = Date.now();
    for (;;) {
      const exit = await this.#exited;
      if (signal.aborted) return;
      failures = Date.now() - startedAt > stableMs ? 0 : failures;
      const waitMs = Math.min(backoffMs.first * 2 ** failures, backoffMs.most);
      failures += 1;
      this.#log(`${this.#spec.name}: ${exit}; restarting in ${waitMs / 1_000} s (log: ${this.#logFile.path}).`);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      startedAt = Date.now();
      this.#start();
    }
  }

  async #untilReady(): Promise<string> {
    const { signal } = this.#stopping;
    const deadline = Date.now() + firstStartMs;
    while (Date.now() < deadline && !signal.aborted) {
      if (await this.#spec.ready()) return "ready";
      await delay(50, undefined, { signal }).catch(() => undefined);
    }
    return `not ready after ${firstStartMs / 1_000} s`;
  }
}
