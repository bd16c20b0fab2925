import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bannedIn, bannedWords } from "./banned-words.mjs";
import { measure } from "./measure/measure.mjs";

const root = join(import.meta.dirname, "..");

describe("the code of this workspace", () => {
  const { cycles, functions } = measure(root);
  const long = (["product", "rig"] as const).flatMap((group) => functions[group].over40Lines);
  const wide = (["product", "rig"] as const).flatMap((group) => functions[group].over4Parameters);

  test("has no import cycle, types included", () => {
    expect(cycles.groups).toEqual([]);
  });

  test("has no function of more than 40 lines but factories", () => {
    expect(long.map(({ where, lines }) => `${where}: ${lines} lines`)).toEqual([]);
  });

  test("has no function with more than 4 parameters", () => {
    expect(wide.map(({ where, parameters }) => `${where}: ${parameters} parameters`)).toEqual([]);
  });

  test("uses no word of banned-words.json", () => {
    expect(bannedWords(root).map(({ where, word, use }) => `${where}: "${word}", use ${use}`)).toEqual([]);
  });
});

test.each([
  ["a.ts", "const deps = 1;", ["deps"]],
  ["a.ts", "interface SubmitWish {}", ["SubmitWish"]],
  ["a.ts", "// a person is asked", ["a person"]],
  ["a.md", "We pay twice.", ["We"]],
  ["passport.ts", "", ["passport.ts"]],
  ["a.ts", 'const text = "overdue";', []],
  ["a.lua", "-- one that the simulator plays", []],
])("bannedIn finds words of %s: %s", (path, content, words) => {
  expect(bannedIn(path, content).map(({ word }) => word)).toEqual(words);
});
