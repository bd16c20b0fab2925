import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@reelqueue/system";
import { isHealthy, type ProcessSpec, type RunningProcess, startProcess } from "@reelqueue/system/testing";

/** An app process started by a test. */
export interface App extends RunningProcess {
  /** Base URL of its routes or, for a worker, of its health. */
  url: string;
}

const workspace = join(import.meta.dirname, "../../..");

/** Starts `apps/<name>`; otherwise as `spawnEntry`. */
export function spawnApp(name: string, env: Record<string, string>): Promise<App> {
  return spawnEntry(join(workspace, "apps", name, "src", "main.ts"), name, env);
}

/** Starts an entry file on the port of `env`, else on a free one. `flags`: of Node. */
export async function spawnEntry(
  file: string,
  name: string,
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<App> {
  const port = env.HEALTH_PORT ?? env.PORT ?? `${await freePort()}`;
  const spec = entryProcess(file, name, { PORT: port, HEALTH_PORT: port, ...env });
  return { ...startProcess({ ...spec, args: [...flags, file] }), url: spec.url };
}

/**
 * An entry file that serves its health on HEALTH_PORT, as a process with its output in `log`. Its environment is `env`,
 * PATH, TMPDIR, NODE_COMPILE_CACHE and HOST. It is killed when this process exits.
 */
export function entryProcess(
  file: string,
  name: string,
  env: Record<string, string>,
  log?: string,
): ProcessSpec & { url: string } {
  const url = `http://127.0.0.1:${env.HEALTH_PORT}`;
  return {
    name,
    url,
    command: process.execPath,
    args: [file],
    env: { ...inheritedEnv(), HOST: "127.0.0.1", ...env },
    log: log ?? join(logFolder(), `${name}-${env.HEALTH_PORT}.log`),
    ready: () => isHealthy(url),
    endsWithUs: true,
  };
}

const compileCache = join(workspace, "node_modules", ".cache", "compile");

/**
 * The variables that a process of a test inherits: PATH, TMPDIR, and a compile cache, with which it starts in half the
 * time.
 */
export function inheritedEnv(): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE = compileCache } = process.env;
  return { PATH, TMPDIR, NODE_COMPILE_CACHE };
}

let folder: string | undefined;

/** A temporary folder that is removed when this process exits. */
function logFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), "reelqueue-logs-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}
