import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Guarantee, guaranteesIn, promisesIn, titlesIn } from "./guarantees.ts";

/** How many rows there are at least. Raise it with every new row; a lower number takes a guarantee away. */
const leastRows = 280;

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const rows = guaranteesIn(read("docs/guarantees.md"));

const documented = [
  ...promisesIn(read("docs/reliability.md"), "What is promised"),
  ...promisesIn(read("docs/reliability.md"), "Under which settings"),
  ...promisesIn(read("README.md").split("\nAnd what is not:\n")[0] ?? "", "What is promised"),
];
const named = [...read("docs/guarantees.md").matchAll(/^- \*\*(.+?)\*\*: /gm)].map(([, promise]) => promise);

describe("docs/guarantees.md", () => {
  test("keeps every row that it had", () => {
    expect(rows.length).toBeGreaterThanOrEqual(leastRows);
    expect(new Set(rows.map(textOf)).size).toBe(rows.length);
  });

  test("has a row for each promise that is documented, and for no other", () => {
    expect(documented.length).toBeGreaterThanOrEqual(23);
    expect([...new Set(rows.map(({ promise }) => promise))].toSorted()).toEqual(
      [...new Set([...documented, ...named])].toSorted(),
    );
  });

  test("names tests that exist", () => {
    const titles = new Map<string, Set<string>>();
    for (const { file } of rows) {
      if (!titles.has(file) && existsSync(join(root, file))) titles.set(file, titlesIn(file, read(file)));
    }
    expect(rows.filter(({ file, title }) => !titles.get(file)?.has(title)).map(textOf)).toEqual([]);
  });
});

describe("the titles of a file", () => {
  const titles = (text: string) => [...titlesIn("a.test.ts", text)];

  test.each([
    ["a test", 'test("a", () => {});', ["a"]],
    ["it", 'it("a", () => {});', ["a"]],
    ["each", 'test.each<[string, number]>([["x", 1]])("%s: %d", () => {});', ["%s: %d"]],
    ["a template", "test(`a $" + "{b} c`, () => {}); test(`plain`, () => {});", ["a …", "plain"]],
    [
      "tests in describes",
      'describe("a", () => { describe.each([1])("b %i", () => { test("c", () => {}); }); }); test("d", () => {});',
      ["a > b %i > c", "d"],
    ],
    ["no test that is skipped", 'test.skip("a", () => {}); describe.skip("b", () => { test("c", () => {}); });', []],
    ["no other call", 'expect("a"); pattern.test("a"); tests("b");', []],
  ])("%s", (_, text, expected) => {
    expect(titles(text)).toEqual(expected);
  });
});

test("a row needs three cells, the second a path", () => {
  const table = (row: string) => `| promise | test file | test title |\n| --- | --- | --- |\n${row}\n`;
  expect(guaranteesIn(table("| Kept | `a.test.ts` | a \\| b |"))).toEqual([
    { promise: "Kept", file: "a.test.ts", title: "a | b" },
  ]);
  for (const row of ["| Kept | a.test.ts | a |", "| Kept | `a.test.ts` | |", "| Kept | `a.test.ts` | a | b |"])
    expect(() => guaranteesIn(table(row))).toThrow("no row of three cells");
});

function textOf({ promise, file, title }: Guarantee): string {
  return `${promise} | ${file} | ${title}`;
}
