// @ts-check
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** The set-up cannot continue; the message is one sentence that says what to do. */
export class SetupError extends Error {}

/**
 * Runs a program with its output appended to `.reelqueue/logs/setup.log`. Throws a SetupError if it fails.
 * @param {string} root
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
export async function runLogged(root, command, args, options) {
  const folder = join(root, ".reelqueue", "logs");
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "setup.log");
  const name = args.find((each) => /pnpm\.mjs$/.test(each)) ? "pnpm" : "npm";
  const { code, output } = await outputOf(command, args, options);
  appendFileSync(log, `$ ${name} ${args.join(" ")}\n${output}\n`);
  if (code !== 0) throw new SetupError(`${failureText(name, output)} The whole output is in ${log}`);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function outputOf(command, args, options) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        output += text;
      });
    }
    const giveUp = () => {
      child.kill();
      process.exit(130);
    };
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, giveUp);
    /** @param {number | null} code */
    const finish = (code) => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, giveUp);
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += error.message;
      finish(1);
    });
    child.on("close", finish);
  });
}

/**
 * The cause of a failed installation in one sentence.
 * @param {string} name
 * @param {string} output
 */
export function failureText(name, output) {
  if (
    /\b(ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|CERT_\w+|SELF_SIGNED\w*|error sending request)\b/.test(
      output,
    )
  ) {
    return `${name} could not reach its registry: check the network or the proxy, then run the same command again.`;
  }
  if (/ENOSPC/.test(output)) return "The disk is full: free some space, then run the same command again.";
  if (/OUTDATED_LOCKFILE/.test(output))
    return "pnpm-lock.yaml does not match the package.json files: run `.reelqueue/runtime/bin/pnpm install` and commit it.";
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const error = lines.find((line) => /\berr(or)?\b/i.test(line)) ?? lines.at(-1) ?? "no reason given";
  return `${name} could not install what is needed: ${error.trim()}.`;
}
