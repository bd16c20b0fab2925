import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { groupOf } from "./measure/files.mjs";
import { codeLines, lineCount, luaComments } from "./measure/lines.mjs";
import { measure } from "./measure/measure.mjs";
import { report } from "./measure/report.mjs";

function checkout(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "reelqueue-measure-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const lines = (count: number, text = "  x();") => `${text}\n`.repeat(count);
const manifest = (name: string, exports: unknown) => JSON.stringify({ name, exports });

test.each([
  ["product", ["apps/api/src/main.ts", "packages/ledger/src/scripts/move.lua", "tools/run.mjs", "vitest.config.mts"]],
  ["rig", ["apps/twin/src/a.ts", "apps/simulator/src/a.ts", "packages/system/src/a.ts", "tests/chaos/src/a.ts"]],
  ["rig", ["bench/src/a.ts", "examples/producer/src/main.ts", "packages/testing/src/a.ts"]],
  ["tests", ["packages/a/src/a.test.ts", "tests/scenarios/src/a.test.ts", "tools/a.test.mts", "apps/a/src/a.test.tsx"]],
  ["tests", ["packages/a/src/test-cell.ts", "apps/api/src/testing/api.ts", "packages/ledger/src/testing/cell.ts"]],
])("%s: %j", (group, paths) => {
  expect(paths.map(groupOf)).toEqual(paths.map(() => group));
});

test("blank lines and comments are no code; a comment beside code is, and so is one in a text", () => {
  const root = checkout({
    "packages/a/package.json": manifest("a", "./src/a.ts"),
    "packages/a/src/a.ts": [
      "// one",
      "",
      "/* two",
      "   three */ export const a = 1; // four",
      'export const b = "// five";',
      "export const c = `",
      "/* six */",
      "",
      "`;",
      "/** seven */",
      "",
    ].join("\n"),
  });
  expect(measure(root).groups[0]).toMatchObject({ files: 1, lines: 10, code: 5 });
});

test("Lua: long comments, and comments in texts", () => {
  const text = [
    "-- one",
    "local a = '--x' -- two",
    "--[[ three",
    "four ]] local b = 1",
    "--[==[ ]] ]==]",
    "local c = [[ --d ]]",
  ];
  expect(codeLines(text.join("\n"), luaComments(text.join("\n")))).toBe(3);
  expect([lineCount(""), lineCount("a"), lineCount("a\n"), lineCount("a\n\n")]).toEqual([0, 1, 1, 2]);
});

test("cycles go through types, re-exports and the exports of packages", () => {
  const root = checkout({
    "packages/a/package.json": manifest("@x/a", { ".": "./src/index.ts", "./env": "./src/env.ts" }),
    "packages/a/src/index.ts": 'export { one } from "./one.ts";',
    "packages/a/src/one.ts": 'import type { Two } from "./two.ts"; export const one: Two = 1;',
    "packages/a/src/two.ts": 'import "./index.ts"; export type Two = number;',
    "packages/a/src/env.ts": 'export const env: import("@x/b").B = 1;',
    "packages/b/package.json": manifest("@x/b", { ".": { default: "./src/b.ts" } }),
    "packages/b/src/b.ts": 'import { env } from "@x/a/env"; import "zod"; export type B = typeof env;',
    "packages/b/src/free.ts": 'import "@x/a"; import "@x/b"; export {};',
    "packages/b/src/self.ts": 'import "./self.ts"; export {};',
  });
  expect(measure(root).cycles).toEqual({
    count: 3,
    files: 6,
    groups: [
      ["packages/a/src/index.ts", "packages/a/src/one.ts", "packages/a/src/two.ts"],
      ["packages/a/src/env.ts", "packages/b/src/b.ts"],
      ["packages/b/src/self.ts"],
    ],
  });
});

test("functions over 40 lines, factories apart, and parameters over 4", () => {
  const root = checkout({
    "apps/a/src/long.ts": `export function long() {\n${lines(39)}}\nexport function fits() {\n${lines(38)}}\n`,
    "apps/a/src/blank.ts": `export const blank = () => {\n  x();\n${lines(39, "")}};\n`,
    "apps/a/src/method.ts": `export class A {\n  method(\n    a: string,\n  ) {\n${lines(38)}  }\n}\n`,
    "apps/a/src/factory.ts": `export function factory() {\n  const run = () => {\n${lines(40)}  };\n  return { run };\n}\n`,
    "apps/a/src/starter.ts": `export function starter() {\n  setTimeout(() => {\n${lines(40)}  });\n  return { a: 1 };\n}\n`,
    "apps/a/src/wide.ts": "export const wide = (a, b, c, d, e) => a;\nexport const four = (a, b, c, { d, e }) => a;\n",
    "apps/simulator/src/rig.ts": "export const rig = (a, b, c, d, e) => a;\n",
  });
  const { product, rig } = measure(root).functions;
  const names = (found: { name: string; lines: number }[]) => found.map(({ name, lines: count }) => `${name} ${count}`);
  const long = ["starter 45", "(unnamed) 42", "blank 42", "method 42", "run 42", "long 41"];
  expect(names(product.over40Lines).toSorted()).toEqual(long.toSorted());
  expect(names(product.factoriesOver40Lines)).toEqual(["factory 45"]);
  expect(names(product.over4Parameters)).toEqual(["wide 1"]);
  expect(names(rig.over4Parameters)).toEqual(["rig 1"]);
});

test("the shape leaves out Lua and tests; small files are told by what they are", () => {
  const root = checkout({
    "packages/a/src/index.ts": "export {};\n",
    "packages/a/src/data.ts": "export const prices = { a: 1 };\n",
    "packages/a/src/small.ts": "export function small() {}\n",
    "packages/a/src/types.ts": "export type A = 1;\n",
    "packages/a/src/large.ts": "export {};\n".repeat(31),
    "packages/a/src/a.lua": "return 1\n",
    "packages/a/src/a.test.ts": "export {};\n",
    "packages/chaos/src/a.ts": "export const a = () => 1;\n".repeat(20),
    "packages/a/node_modules/x/x.ts": "export {};\n",
    ".hidden/a.ts": "export {};\n",
  });
  const measures = measure(root);
  expect(measures.shape.product).toMatchObject({
    files: 5,
    medianLines: 1,
    atMost15Lines: 4,
    atMost30Lines: 4,
    shareAtMost30Lines: 0.8,
    smallWithoutIndexMainEnv: 3,
    smallWithoutData: 2,
  });
  expect(measures.shape["product and rig"]).toMatchObject({
    files: 6,
    medianLines: 1,
    atMost15Lines: 4,
    atMost30Lines: 5,
  });
  expect(report(measures, true)).toContain("packages/a/src/small.ts (1)");
  expect(measures.groups.map(({ group, files }) => [group, files])).toEqual([
    ["product", 6],
    ["rig", 1],
    ["tests", 1],
  ]);
});
