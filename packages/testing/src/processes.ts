import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "@reelqueue/system";
import { eventually } from "@reelqueue/system/testing";

/** An app process started by a test. */
export interface App {
  pid: number;
  /** Base URL of its routes or, for a worker, of its health. */
  url: string;
  /** Resolves once `/healthz` answers 200; rejects if the process exits first. */
  ready(): Promise<void>;
  /** Its output so far. */
  logs(): string;
  /** Default SIGTERM. */
  kill(signal?: NodeJS.Signals): void;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const workspace = join(import.meta.dirname, "../../..");

/**
 * Starts `apps/<name>` on a free port. Its environment is `env`, PATH, NODE_COMPILE_CACHE and the port variables. It is
 * killed when the test process exits.
 */
export function spawnApp(name: string, env: Record<string, string>): Promise<App> {
  return spawnEntry(join(workspace, "apps", name, "src", "main.ts"), name, env);
}

/** As `spawnApp`, for any entry file. */
export async function spawnEntry(file: string, name: string, env: Record<string, string>): Promise<App> {
  const port = `${await freePort()}`;
  const child = spawn(process.execPath, [file], {
    env: { ...inheritedEnv(), HOST: "127.0.0.1", PORT: port, HEALTH_PORT: port, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text));
  endWithThisProcess(child);
  // `exit` may come before the last output
  const exited = once(child, "close").then(([code, signal]) => ({ code, signal }));
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  const url = `http://127.0.0.1:${env.HEALTH_PORT ?? env.PORT ?? port}`;
  return {
    pid: child.pid,
    url,
    ready: () => Promise.race([untilHealthy(url, name), exitsFirst(exited, name, () => output)]),
    logs: () => output,
    kill: (signal = "SIGTERM") => void child.kill(signal),
    exited,
  };
}

const compileCache = join(workspace, "node_modules", ".cache", "compile");

/** The variables that a process of a test inherits: PATH, and a compile cache, with which it starts in half the time. */
export function inheritedEnv(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE = compileCache } = process.env;
  return { PATH, NODE_COMPILE_CACHE };
}

async function untilHealthy(url: string, name: string): Promise<void> {
  await eventually(async () => (await fetch(`${url}/healthz`)).ok, {
    describe: `${name} is healthy`,
    timeoutMs: 60_000,
  });
}

async function exitsFirst(exited: App["exited"], name: string, logs: () => string): Promise<never> {
  const { code, signal } = await exited;
  throw new Error(`${name} ended (${signal ?? code}) before it was healthy:\n${logs()}`);
}

const children = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
// Vitest ends its workers by SIGTERM, which by itself runs no exit listener.
process.once("SIGTERM", () => process.exit(143));
if (process.env.VITEST_POOL_ID !== undefined) process.once("SIGINT", () => process.exit(130));

/** Kills the child when this process exits, unless this one ends by SIGKILL. */
export function endWithThisProcess(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}
