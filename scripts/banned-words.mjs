// @ts-check
// Finds words of `banned-words.json` in sources, file names and docs. Each entry is [what is banned, what is used instead].
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** @typedef {{ where: string, word: string, use: string }} BannedWord */

/** History, words that vendors answer or an older version stored, and the samples of the test of this file. */
const exempt =
  /^docs\/adr\/|^tests\/scenarios\/src\/upgrade\/fixture\/|\/contract\/|\/golden|^scripts\/(banned-words|measure|structure)|^tests\/scenarios\/src\/upgrade(\.test|\/load)\.ts$|^packages\/media\/src\/outputs\/output-store\.ts$/;
const code = /\.(ts|tsx|mts|mjs)$/;

/** @type {{ identifiers: [string, string][], identifierEndings: [string, string][], fileNames: string[], prose: [string, string][] }} */
const banned = JSON.parse(readFileSync(join(import.meta.dirname, "banned-words.json"), "utf8"));

const exact = new Map(banned.identifiers);

/**
 * Every banned word below `root`.
 * @param {string} root
 * @returns {BannedWord[]}
 */
export function bannedWords(root) {
  const paths = globSync("**/*.{ts,tsx,mts,mjs,lua,md}", {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|\.[^/]+)$/.test(path),
  }).filter((path) => !exempt.test(path));
  return paths.flatMap((path) => bannedIn(path, readFileSync(join(root, path), "utf8")));
}

/**
 * Every banned word of one file.
 * @param {string} path
 * @param {string} content
 * @returns {BannedWord[]}
 */
export function bannedIn(path, content) {
  const name = banned.fileNames.includes(basename(path))
    ? [{ where: path, word: basename(path), use: "another name" }]
    : [];
  const prose = banned.prose.flatMap(([word, use]) =>
    found(path, content, new RegExp(`(?<![\\w$'-])${word}(?![\\w$-])`, "gi"), use),
  );
  return [...name, ...prose, ...(code.test(path) ? identifiersIn(path, content) : [])];
}

/**
 * @param {string} path
 * @param {string} content
 * @returns {BannedWord[]}
 */
function identifiersIn(path, content) {
  /** @type {BannedWord[]} */
  const words = [];
  const check = (/** @type {{ name: string, start: number }} */ { name, start }) => {
    const use = exact.get(name) ?? banned.identifierEndings.find(([end]) => name !== end && name.endsWith(end))?.[1];
    if (use !== undefined) words.push({ where: whereIs(path, content, start), word: name, use });
  };
  new Visitor({ Identifier: check, PrivateIdentifier: check }).visit(parseSync(path, content).program);
  return words;
}

/**
 * @param {string} path
 * @param {string} content
 * @param {RegExp} pattern
 * @param {string} use
 * @returns {BannedWord[]}
 */
function found(path, content, pattern, use) {
  return [...content.matchAll(pattern)].map(({ 0: word, index }) => ({
    where: whereIs(path, content, index),
    word,
    use,
  }));
}

/**
 * @param {string} path
 * @param {string} content
 * @param {number} index
 */
function whereIs(path, content, index) {
  return `${path}:${content.slice(0, index).split("\n").length}`;
}
