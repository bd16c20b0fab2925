import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { eventually } from "../eventually.ts";
import { writePidFile } from "../home.ts";

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** File of its standard output and error; above 20 MB it is renamed to `.old` at the next start. */
  log: string;
  /** Exists while the process runs. */
  pidFile?: string;
  /** Resolves with true once the process serves. */
  ready(): Promise<boolean>;
  /** Default 60 s. */
  readyWithinMs?: number;
  /** Time from SIGTERM to SIGKILL; default 10 s. */
  graceMs?: number;
  /** The process is killed when this one exits, unless this one ends by SIGKILL. */
  endsWithUs?: boolean;
}

/** How a process ended; code 127: its program could not be run. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One run of a process. */
export type RunningProcess = ReturnType<typeof startProcess>;

/** Starts a process. It is `detached`, so that Ctrl-C in the terminal reaches only this process, which ends the others. */
export function startProcess(spec: ProcessSpec) {
  const { name, command, args, env, graceMs = 10_000, readyWithinMs = 60_000 } = spec;
  const { output, startsAt } = openLog(spec.log);
  const child = spawn(command, args, { env, stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  if (spec.endsWithUs) endWithUs(child);
  const removePidFile = spec.pidFile !== undefined && child.pid !== undefined && writePidFile(spec.pidFile, child.pid);
  let end: End | undefined;
  const exited = untilExit(child, spec.log).then((found) => {
    if (removePidFile) removePidFile();
    end = found;
    return found;
  });
  /** The output of this run so far. */
  const logs = () => readFileSync(spec.log).subarray(startsAt).toString();
  /** Sends SIGTERM, and SIGKILL after `graceMs`; resolves at the exit. `killedAfterMs`: SIGKILL was sent. */
  const stop = () => stopped(child, exited, graceMs);
  return {
    name,
    /** `undefined` if its program could not be run. */
    pid: child.pid,
    /** Resolves once it serves; rejects if it exits first or does not serve in time. */
    ready: async () => {
      const servesOrEnds = async () => end !== undefined || (await spec.ready());
      await eventually(servesOrEnds, { describe: `${name} is healthy`, timeoutMs: readyWithinMs, everyMs: 50 });
      if (end) throw new Error(`${name} ended (${end.signal ?? end.code}) before it was healthy:\n${logs()}`);
    },
    alive: () => end === undefined,
    kill: (signal: NodeJS.Signals = "SIGTERM") => void child.kill(signal),
    ...{ logs, stop, exited },
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

async function stopped(child: ChildProcess, exited: Promise<End>, graceMs: number) {
  let killedAfterMs: number | undefined;
  child.kill("SIGTERM");
  const timer = setTimeout(() => {
    if (child.kill("SIGKILL")) killedAfterMs = graceMs;
  }, graceMs);
  await exited;
  clearTimeout(timer);
  return { killedAfterMs };
}

/** Whether `/healthz` of this base URL answers 200 within 2 s. */
export async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

async function untilExit(child: ChildProcess, log: string): Promise<End> {
  try {
    const [code, signal] = await once(child, "exit");
    return { code, signal };
  } catch (error) {
    appendFileSync(log, `${error instanceof Error ? error.message : error}\n`);
    return { code: 127, signal: null };
  }
}

const maxLogBytes = 20_000_000;

function openLog(path: string): { output: number; startsAt: number } {
  const bytes = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  mkdirSync(dirname(path), { recursive: true });
  if (bytes() > maxLogBytes) renameSync(path, `${path}.old`);
  return { output: openSync(path, "a"), startsAt: bytes() };
}

const children = new Set<ChildProcess>();
let killsAtExit = false;

function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
  if (killsAtExit) return;
  killsAtExit = true;
  // before listeners that remove the files of the children
  process.prependListener("exit", () => {
    for (const each of children) each.kill("SIGKILL");
  });
  // Vitest ends its workers by SIGTERM, which by itself runs no exit listener.
  process.once("SIGTERM", () => process.exit(143));
  if (process.listenerCount("SIGINT") === 0) process.once("SIGINT", () => process.exit(130));
}
