// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { takeLock } from "../packages/system/src/lock.mjs";
import { inheritedEnv } from "./inherited-env.mjs";
import { SetupError } from "./setup-error.mjs";
import { installPackages, installRuntime } from "./setup-steps.mjs";

export const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");

/**
 * Makes sure that Node 24, pnpm and every package are here, then runs the script on that Node: same terminal, signals passed on,
 * same exit code. A script path is relative to the workspace.
 * @param {string[]} script
 */
export async function runOnNode24(script) {
  const { node, env } = await prepared();
  process.exit(await run(node, [join(root, script[0] ?? ""), ...script.slice(1)], { env, cwd: process.cwd() }));
}

/** Sets up what is missing, or says in one sentence why that cannot be and ends the process. */
export async function prepared() {
  try {
    return await setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    return process.exit(1);
  }
}

/**
 * Runs a program in this terminal and gives its exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, cwd: string }} options
 * @returns {Promise<number>}
 */
export async function run(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: "inherit" });
  // In a terminal, Ctrl-C reaches the child by itself; passed on, it would count twice.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  const [code, signal] = await once(child, "exit");
  return code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
}

async function setUp() {
  const env = inheritedEnv(process.env);
  const lock = await takenLock();
  try {
    const startedAt = Date.now();
    const runtime = await installRuntime(root, env);
    const packages = await installPackages(root, runtime, env);
    if (runtime.installed || packages.installed) {
      console.log(`Set up in ${Math.ceil((Date.now() - startedAt) / 1_000)} s.`);
    }
    // Node keeps what it has compiled: every process of ours starts in half the time
    const compiled = { NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compile") };
    return { node: runtime.node, env: { ...compiled, ...env, PATH: runtime.path } };
  } finally {
    lock.release();
  }
}

async function takenLock() {
  const file = join(root, ".reelqueue", "setup.lock");
  for (let told = false; ; told = true) {
    const lock = takeLock(file);
    if ("release" in lock) return lock;
    if (!told) console.log(`Another set-up runs here (process ${lock.heldBy}); waiting for it.`);
    await delay(200);
  }
}
