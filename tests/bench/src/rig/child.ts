import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePort } from "@reelqueue/testing";

/** One measured process. It logs to a file, so that no process spends CPU on reading the log. */
export interface Child extends AsyncDisposable {
  pid: number;
  url: string;
  /** Sends SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
}

const workspace = join(import.meta.dirname, "../../../..");

/** Entry file of an app. */
export const appFile = (name: string): string => join(workspace, "apps", name, "src", "main.ts");
/** Entry file of a bench process. */
export const entryFile = (name: string): string => join(import.meta.dirname, "../entries", `${name}.ts`);

/** Starts an entry file with this environment besides PATH, and resolves when `/healthz` answers 200. */
export async function startChild(
  file: string,
  name: string,
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<Child> {
  const port = `${await freePort()}`;
  const logPath = join(tmpdir(), `${name}-${port}.log`);
  const log = openSync(logPath, "w");
  const child = spawn(process.execPath, [...flags, file], {
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), HOST: "127.0.0.1", PORT: port, HEALTH_PORT: port, ...env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const endWithUs = () => child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const exited = once(child, "exit").then(() => process.off("exit", endWithUs));
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => child.exitCode !== null || (await fetch(`${url}/healthz`)).ok, {
    describe: `${name} is healthy`,
    timeoutMs: 30_000,
  });
  if (child.pid === undefined || child.exitCode !== null)
    throw new Error(`${name} ended before it was healthy:\n${readFileSync(logPath, "utf8")}`);
  return {
    pid: child.pid,
    url,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(late);
    },
  };
}
