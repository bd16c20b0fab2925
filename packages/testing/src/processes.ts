import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MemberProcess, memberProcess, type RunningProcess, startProcess } from "@reelqueue/system/testing";

/** An app process started by a test. */
export interface App extends RunningProcess {
  /** Base URL of its routes or, for a worker, of its health. */
  url: string;
}

const workspace = join(import.meta.dirname, "../../..");

/** Entry file of an app. */
export const appFile = (name: string): string => join(workspace, "apps", name, "src", "main.ts");

/** Starts `apps/<name>`, with its output in a temporary folder. */
export async function spawnApp(name: string, env: Record<string, string>): Promise<App> {
  const folder = mkdtempSync(join(logFolder(), "run-"));
  return startMember(await memberProcess({ name, entry: appFile(name), env }, folder));
}

/** Starts the process of a member once. */
export function startMember(process: MemberProcess): App {
  return { ...startProcess(ofTest(process)), url: process.url };
}

/** The process with the variables that tests inherit; it is killed when this process exits. */
export function ofTest(process: MemberProcess): MemberProcess {
  return { ...process, env: { ...inheritedEnv(), ...process.env }, endsWithUs: true };
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
