import { type CallExpression, type PrivateIdentifier, parseSync, Visitor } from "oxc-parser";

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

/** The titles of a file's tests, each below those of its `describe`s; tests that are skipped do not count. */
export function titlesIn(path: string, text: string): Set<string> {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const titles = new Set<string>();
  const open: Block[] = [];
  new Visitor({
    CallExpression(call) {
      const block = blockOf(call);
      if (block === undefined) return;
      open.push(block);
      const runs = !open.some(({ kind }) => kind === "skipped");
      if (block.kind === "test" && runs) titles.add(open.map(({ title }) => title).join(" > "));
    },
    "CallExpression:exit": (call) => {
      if (blockOf(call)) open.pop();
    },
  }).visit(program);
  return titles;
}

interface Block {
  kind: "test" | "describe" | "skipped";
  title: string;
}

/** What `test("…")`, `test.each(…)("…")`, `describe("…")` and the like open. */
function blockOf({ callee, arguments: [first] }: CallExpression): Block | undefined {
  const names = namesOf(callee);
  const kind = names[0] === "describe" ? "describe" : ["test", "it"].includes(names[0] ?? "") ? "test" : undefined;
  const title = titleOf(first);
  if (kind === undefined || title === undefined) return undefined;
  return { kind: names.some((name) => ["skip", "todo"].includes(name)) ? "skipped" : kind, title };
}

/** `test.each(rows)` is `test`, `each`. */
function namesOf(callee: CallExpression["callee"] | PrivateIdentifier): string[] {
  if (callee.type === "Identifier") return [callee.name];
  if (callee.type === "MemberExpression") return [...namesOf(callee.object), ...namesOf(callee.property)];
  return callee.type === "CallExpression" ? namesOf(callee.callee) : [];
}

/** A text as it is; of a template its beginning and `…`. */
function titleOf(argument: CallExpression["arguments"][number] | undefined): string | undefined {
  if (argument?.type === "Literal") return typeof argument.value === "string" ? argument.value : undefined;
  if (argument?.type !== "TemplateLiteral") return undefined;
  const [first, ...more] = argument.quasis;
  return `${first?.value.cooked ?? ""}${more.length > 0 ? "…" : ""}`;
}
