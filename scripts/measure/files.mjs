// @ts-check
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {"product" | "rig" | "tests"} Group */
/** @typedef {{ path: string, group: Group, text: string }} SourceFile */

const folders = ["apps", "packages", "bench", "examples", "tests", "tools", "scripts"];
const source = /\.(ts|tsx|mts|mjs|lua)$/;
const test =
  /\.test\.(ts|tsx|mts)$|(^|\/)test-[^/]+\.ts$|^apps\/[^/]+\/(.*\/)?testing\/|^packages\/[^/]+\/src\/(.*\/)?testing\//;
const rig = /^(apps\/(twin|simulator)|packages\/(chaos|scenarios|testing|stack|system)|tests|bench|examples)\//;

/**
 * Every source file of a checkout, by path.
 * @param {string} root
 * @returns {SourceFile[]}
 */
export function sourceFiles(root) {
  const atRoot = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = [
    ...atRoot.map(({ name }) => name),
    ...folders.filter((name) => existsSync(join(root, name))).flatMap((name) => below(root, name)),
  ];
  return paths
    .filter((path) => source.test(path))
    .toSorted()
    .map((path) => ({ path, group: groupOf(path), text: readFileSync(join(root, path), "utf8") }));
}

/**
 * @param {string} path
 * @returns {Group}
 */
export function groupOf(path) {
  if (test.test(path)) return "tests";
  return rig.test(path) ? "rig" : "product";
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function below(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return below(root, path);
    return entry.isFile() ? [path] : [];
  });
}
