// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { takeLock } from "../packages/system/src/lock.mjs";
import { SetupError } from "./run-logged.mjs";
import { installPackages, installRuntime } from "./setup-steps.mjs";

export const root = rootOf(import.meta.url);

/**
 * The folder of the workspace. Node 18 has no `import.meta.dirname`.
 * @param {string} url of this module
 */
export function rootOf(url) {
  return resolve(dirname(fileURLToPath(url)), "..");
}

/**
 * Installs Node 24, pnpm and the packages if they are missing, then runs the script (its path relative to the
 * workspace) on that Node, with the same terminal, forwarded signals and the same exit code.
 * @param {string[]} script
 */
export async function runOnNode24(script) {
  const { node, env } = await prepared();
  process.exit(await run(node, [join(root, script[0] ?? ""), ...script.slice(1)], { env, cwd: process.cwd() }));
}

/** Installs what is missing; prints a SetupError and ends the process if that fails. */
export async function prepared() {
  try {
    return await setUp();
  } catch (error) {
    const message = error instanceof SetupError ? error.message : denialOf(error);
    if (message === undefined) throw error;
    console.error(message);
    return process.exit(1);
  }
}

/**
 * The sentence for a file that this user may not write; `undefined` for any other error.
 * @param {unknown} error
 */
function denialOf(error) {
  if (!isDenied(error)) return undefined;
  return `The set-up is not complete, and this user may not write ${error.path}: run the command once as the owner of ${root}, or use a checkout of your own.`;
}

/**
 * @param {unknown} error
 * @returns {error is NodeJS.ErrnoException}
 */
function isDenied(error) {
  const { code = "" } = /** @type {NodeJS.ErrnoException} */ (error);
  return ["EACCES", "EPERM", "EROFS"].includes(code);
}

/**
 * Runs a program in this terminal and returns its exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, cwd: string }} options
 * @returns {Promise<number>}
 */
export async function run(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: "inherit" });
  // a terminal sends Ctrl-C to the child too; forwarded, it would count twice
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  const [code, signal] = await once(child, "exit");
  return code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
}

async function setUp() {
  const env = inheritedEnv(process.env);
  const lock = await waitForLock();
  try {
    const startedAt = Date.now();
    const runtime = await installRuntime(root, env);
    const packages = await installPackages(root, runtime, env);
    if (runtime.installed || packages.installed) {
      console.error(`Set up in ${Math.ceil((Date.now() - startedAt) / 1_000)} s.`);
    }
    // with the compile cache, every process starts in half the time
    const compiled = { NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compile") };
    return { node: runtime.node, env: { ...compiled, ...env, PATH: runtime.path } };
  } finally {
    lock.release();
  }
}

/** Where this user may not write, what is installed is used without a lock. */
async function waitForLock() {
  const file = join(root, ".reelqueue", "setup.lock");
  for (let logged = false; ; logged = true) {
    const lock = lockOf(file);
    if ("release" in lock) return lock;
    if (!logged) console.error(`Another set-up runs here (process ${lock.heldBy}); waiting for its end.`);
    await delay(200);
  }
}

/** @param {string} file */
function lockOf(file) {
  try {
    return takeLock(file);
  } catch (error) {
    if (isDenied(error)) return { release: () => undefined };
    throw error;
  }
}

/** The npm settings for the access to a registry. */
const registrySettings =
  /^npm_config_(registry|cafile|ca|cert|key|proxy|https?[_-]proxy|noproxy|strict[_-]ssl|cache|userconfig|globalconfig|fetch_.*|@.*|\/\/.*)$/i;

/**
 * The environment without the variables that `npm start` adds: a nested npm or pnpm would take them as its settings.
 * Settings for the access to a registry stay.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function inheritedEnv(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_/i.test(name) || registrySettings.test(name)),
  );
}
