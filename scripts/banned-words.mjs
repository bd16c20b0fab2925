// @ts-check
// Finds words of `banned-words.json` in sources, file names and docs. Each entry is [what is banned, what is used instead].
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseSync } from "oxc-parser";

/** @typedef {{ where: string, word: string, use: string }} BannedWord */

/** History, and words of others: what vendors answer, what an older version stored. */
const exempt =
  /^docs\/adr\/|^tests\/scenarios\/upgrade-maker\/|^tests\/scenarios\/src\/upgrade\/fixture\/|\/contract\/|\/golden|^scripts\/(banned-words|measure)/;
const code = /\.(ts|tsx|mts|mjs)$/;

/** @type {{ identifiers: [string, string][], identifierEndings: [string, string][], fileNames: string[], prose: [string, string][] }} */
const banned = JSON.parse(readFileSync(join(import.meta.dirname, "banned-words.json"), "utf8"));

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
  const names = withoutProse(path, content);
  return [
    ...banned.identifiers.flatMap(([word, use]) =>
      found(path, names, new RegExp(`(?<![\\w$])${word}(?![\\w$])`, "g"), use),
    ),
    ...banned.identifierEndings.flatMap(([end, use]) =>
      found(path, names, new RegExp(`\\w${end}(?!\\w)`, "g"), `…${use}`),
    ),
  ];
}

/**
 * The same text with blanks in place of comments and quoted texts.
 * @param {string} path
 * @param {string} content
 */
function withoutProse(path, content) {
  const blank = (/** @type {string} */ part) => part.replace(/[^\n]/g, " ");
  const { comments } = parseSync(path, content);
  const bare = comments.reduceRight(
    (rest, { start, end }) => rest.slice(0, start) + blank(rest.slice(start, end)) + rest.slice(end),
    content,
  );
  return bare.replace(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/g, blank);
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
    where: `${path}:${content.slice(0, index).split("\n").length}`,
    word,
    use,
  }));
}
