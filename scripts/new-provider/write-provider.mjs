// @ts-check
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const template = join(import.meta.dirname, "template");

/** The folder cannot be created; the message says why. */
export class NewProviderError extends Error {}

/**
 * Writes the folder of a new provider and its registry entry. Its exam fails until its exchanges are recorded.
 *
 * @param {{ packageFolder: string, name: string }} options
 * @returns {string[]} the written files, relative to the package
 */
export function writeProvider({ packageFolder, name }) {
  if (!/^[a-z][a-z0-9]{0,31}$/.test(name)) {
    throw new NewProviderError("Give a name of small letters and digits, for example: pnpm new:provider acme");
  }
  const folder = join(packageFolder, "src", name);
  if (existsSync(folder)) throw new NewProviderError(`packages/providers/src/${name} exists already.`);
  mkdirSync(join(folder, "contract"), { recursive: true });
  const written = readdirSync(template)
    .filter((file) => file.endsWith(".txt"))
    .map((file) => {
      const target = file.replace(/\.txt$/, "");
      writeFileSync(join(folder, target), fillTemplate(readFileSync(join(template, file), "utf8"), name));
      return `src/${name}/${target}`;
    });
  register(join(packageFolder, "src", "registry.ts"), name);
  return [...written, ...writeContracts(folder).map((file) => `src/${name}/contract/${file}`), "src/registry.ts"];
}

/** @param {string} text @param {string} name */
function fillTemplate(text, name) {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return text.replaceAll("{{name}}", name).replaceAll("{{title}}", title).replaceAll("{{initial}}", title.slice(0, 2));
}

/** Writes contract files without cases. @param {string} folder */
function writeContracts(folder) {
  const lines = readFileSync(join(template, "contract", "about.txt"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => {
    const [file = "", about = ""] = line.split(": ");
    writeFileSync(join(folder, "contract", `${file}.json`), `${JSON.stringify({ about, cases: [] }, null, 2)}\n`);
    return `${file}.json`;
  });
}

/** Adds the import, in alphabetical order, and the table entry. @param {string} file @param {string} name */
function register(file, name) {
  const lines = readFileSync(file, "utf8").split("\n");
  const path = /** @param {string} line */ (line) => /from "(\.\/[^"]+)"/.exec(line)?.[1];
  const own = `import { ${name} } from "./${name}/index.ts";`;
  const before = lines.findIndex((line) => (path(line) ?? "") > `./${name}/index.ts`);
  const lastImport = lines.findLastIndex((line) => path(line) !== undefined);
  lines.splice(before === -1 ? lastImport + 1 : before, 0, own);
  const table = lines.findIndex((line) => line.startsWith("export const providers"));
  const end = lines.findIndex((line, at) => at > table && line.startsWith("};"));
  if (table === -1 || end === -1) throw new NewProviderError("registry.ts has no table of providers.");
  lines.splice(end, 0, `  ${name},`);
  writeFileSync(file, lines.join("\n"));
}
