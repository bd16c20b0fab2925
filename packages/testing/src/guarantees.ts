import { parseSync } from "oxc-parser";

/** One row of docs/guarantees.md: a test that holds a promise. */
export interface Guarantee {
  promise: string;
  file: string;
  title: string;
}

/** The rows of the table; anything that looks like a row and is none is an error. */
export function guaranteesIn(markdown: string): Guarantee[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) => {
    const [promise, file, title, ...rest] = row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    const path = /^`(.+)`$/.exec(file ?? "")?.[1];
    if (!promise || !path || !title || rest.length > 0) throw new Error(`no row of three cells: ${row}`);
    return { promise, file: path, title: title.replaceAll("\\|", "|") };
  });
}

/** The promises below a heading: the bold words that begin an item of a list, or the first column of a table. */
export function promisesIn(markdown: string, heading: string): string[] {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const items = [...section.matchAll(/^(?:\d+\.|-) \*\*(.+?)\*\*/gm)].map(([, bold = ""]) => bold);
  const cells = [...section.matchAll(/^\| (?!---|provider )(.+?) \|/gm)].map(([, cell = ""]) => cell);
  return [...items, ...cells].map((text) => text.trim().replace(/[.:]$/, ""));
}

interface Node {
  type: string;
  [name: string]: unknown;
}

/** The titles of a file's tests, each below those of its `describe`s; tests that are skipped do not count. */
export function titlesIn(path: string, text: string): Set<string> {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  return new Set(titlesBelow(program, []));
}

function titlesBelow(value: unknown, above: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => titlesBelow(each, above));
  if (!isNode(value)) return [];
  const block = value.type === "CallExpression" ? blockOf(value) : undefined;
  if (block?.kind === "skipped") return [];
  const path = block === undefined ? above : [...above, block.title];
  const own = block?.kind === "test" ? [path.join(" > ")] : [];
  return [...own, ...Object.values(value).flatMap((each) => titlesBelow(each, path))];
}

type Block = { kind: "test" | "describe"; title: string } | { kind: "skipped" };

/** What `test("…")`, `test.each(…)("…")`, `describe("…")` and the like open. */
function blockOf({ callee, arguments: given }: Node): Block | undefined {
  const names = namesOf(callee);
  const kind = names[0] === "describe" ? "describe" : ["test", "it"].includes(names[0] ?? "") ? "test" : undefined;
  const title = titleOf(Array.isArray(given) ? given[0] : undefined);
  if (kind === undefined || title === undefined) return undefined;
  return names.some((name) => ["skip", "todo"].includes(name)) ? { kind: "skipped" } : { kind, title };
}

/** `test.each(rows)` is `test`, `each`. */
function namesOf(callee: unknown): string[] {
  if (!isNode(callee)) return [];
  if (callee.type === "Identifier") return [String(callee.name)];
  if (callee.type === "MemberExpression") return [...namesOf(callee.object), ...namesOf(callee.property)];
  return callee.type === "CallExpression" ? namesOf(callee.callee) : [];
}

/** A text as it is; of a template its beginning and `…`. */
function titleOf(argument: unknown): string | undefined {
  if (!isNode(argument)) return undefined;
  if (argument.type === "Literal") return typeof argument.value === "string" ? argument.value : undefined;
  if (argument.type !== "TemplateLiteral" || !Array.isArray(argument.quasis)) return undefined;
  const [first, ...more] = argument.quasis as { value: { cooked: string } }[];
  return `${first?.value.cooked ?? ""}${more.length > 0 ? "…" : ""}`;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
