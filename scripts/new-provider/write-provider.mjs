// @ts-check
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const template = join(import.meta.dirname, "template");

/** A wish that cannot be fulfilled; its message is for a person. */
export class NewProviderError extends Error {}

/**
 * Writes the folder of a new provider into packages/providers and its line into the registry. The exam is red until its exchanges are recorded.
 *
 * @param {{ packageFolder: string, name: string }} wish
 * @returns {string[]} what was written, relative to the package
 */
export function writeProvider({ packageFolder, name }) {
  if (!/^[a-z][a-z0-9]{0,31}$/.test(name)) {
    throw new NewProviderError("Give a name of small letters and digits, for example: pnpm new:provider acme");
  }
  const folder = join(packageFolder, "src", name);
  if (existsSync(folder)) throw new NewProviderError(`packages/providers/src/${name} is there already.`);
  mkdirSync(join(folder, "contract"), { recursive: true });
  const written = readdirSync(template)
    .filter((file) => file.endsWith(".txt"))
    .map((file) => {
      const target = file.replace(/\.txt$/, "");
      writeFileSync(join(folder, target), named(readFileSync(join(template, file), "utf8"), name));
      return `src/${name}/${target}`;
    });
  register(join(packageFolder, "src", "registry.ts"), name);
  return [...written, ...contracts(folder).map((file) => `src/${name}/contract/${file}`), "src/registry.ts"];
}

/** @param {string} text @param {string} name */
function named(text, name) {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return text.replaceAll("{{name}}", name).replaceAll("{{title}}", title).replaceAll("{{initial}}", title.slice(0, 2));
}

/** Files of recordings without any. @param {string} folder */
function contracts(folder) {
  const lines = readFileSync(join(template, "contract", "about.txt"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => {
    const [file = "", about = ""] = line.split(": ");
    writeFileSync(join(folder, "contract", `${file}.json`), `${JSON.stringify({ about, cases: [] }, null, 2)}\n`);
    return `${file}.json`;
  });
}

/** One import, in its place by the alphabet, and one line of the table. @param {string} file @param {string} name */
function register(file, name) {
  const lines = readFileSync(file, "utf8").split("\n");
  const path = /** @param {string} line */ (line) => /from "(\.\/[^"]+)"/.exec(line)?.[1];
  const own = `import { ${name} } from "./${name}/index.ts";`;
  const before = lines.findIndex((line) => (path(line) ?? "") > `./${name}/index.ts`);
  const lastImport = lines.findLastIndex((line) => path(line) !== undefined);
  lines.splice(before === -1 ? lastImport + 1 : before, 0, own);
  const table = lines.findIndex((line) => line.startsWith("export const providers"));
  const end = lines.findIndex((line, at) => at > table && line.startsWith("};"));
  if (table === -1 || end === -1) throw new NewProviderError("registry.ts has no table of providers any more.");
  lines.splice(end, 0, `  ${name},`);
  writeFileSync(file, lines.join("\n"));
}
