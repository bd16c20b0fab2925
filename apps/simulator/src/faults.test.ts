import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultNames, faults, parseDirectives } from "./faults.ts";

test("directives: marker and faults are parsed from the prompt", () => {
  expect(parseDirectives("A cup [[marker:row 7]] [[fault:poll-500]][[fault:accept-reset*2]]")).toEqual({
    marker: "row 7",
    faults: [{ name: "poll-500" }, { name: "accept-reset", times: 2 }],
    unknown: [],
  });
});

test("directives: an unknown fault and a malformed count are reported", () => {
  expect(parseDirectives("[[fault:poll-501]] [[fault:slow*]] [[fault:toString]]").unknown).toEqual([
    "poll-501",
    "slow*",
    "toString",
  ]);
});

test("directives: none in a prompt without double brackets", () => {
  expect(parseDirectives("A cup [marker:x]")).toEqual({ faults: [], unknown: [] });
});

test("the README describes every fault as the code does", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8").replace(/ +\|/g, " |");
  for (const name of faultNames) expect(readme).toContain(`| \`${name}\` | ${faults[name].does} |`);
});
