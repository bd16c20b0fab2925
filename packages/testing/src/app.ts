import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "@reelqueue/system";
import { endsWithUs } from "./children.ts";
import { eventually } from "./eventually.ts";

/** One process of the system, as a test starts it. */
export interface App {
  pid: number;
  /** Where it serves its routes, or its health. */
  url: string;
  /** Resolves once `/healthz` answers 200; rejects at once if the process ends first. */
  ready(): Promise<void>;
  /** Everything it has written so far. */
  logs(): string;
  /** Default SIGTERM. */
  kill(signal?: NodeJS.Signals): void;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const workspace = join(import.meta.dirname, "../../..");

/** Starts `apps/<name>` on a free port with exactly this environment besides PATH and the cache of what Node has compiled; it ends with the test process at the latest. */
export function spawnApp(name: string, env: Record<string, string>): Promise<App> {
  return spawnEntry(join(workspace, "apps", name, "src", "main.ts"), name, env);
}

/** The same for any entry file, such as one that rehearses a crash. */
export async function spawnEntry(file: string, name: string, env: Record<string, string>): Promise<App> {
  const port = `${await freePort()}`;
  const child = spawn(process.execPath, [file], {
    env: { ...inherited(), HOST: "127.0.0.1", PORT: port, HEALTH_PORT: port, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (written += text));
  endsWithUs(child);
  // not `exit`: what it wrote last may come after that
  const exited = once(child, "close").then(([code, signal]) => ({ code, signal }));
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  const url = `http://127.0.0.1:${env.HEALTH_PORT ?? env.PORT ?? port}`;
  return {
    pid: child.pid,
    url,
    ready: () => Promise.race([healthy(url, name), endsFirst(exited, name, () => written)]),
    logs: () => written,
    kill: (signal = "SIGTERM") => void child.kill(signal),
    exited,
  };
}

function inherited(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) };
}

async function healthy(url: string, name: string): Promise<void> {
  await eventually(async () => (await fetch(`${url}/healthz`)).ok, {
    describe: `${name} is healthy`,
    timeoutMs: 60_000,
  });
}

async function endsFirst(exited: App["exited"], name: string, written: () => string): Promise<never> {
  const { code, signal } = await exited;
  throw new Error(`${name} ended (${signal ?? code}) before it was healthy:\n${written()}`);
}
