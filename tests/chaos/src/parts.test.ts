import { expect, test } from "vitest";
import { OptionsError, readOptions } from "./options.ts";
import { planParts } from "./parts.ts";

const parts = (...args: string[]) =>
  planParts(readOptions(args)).map(({ redis, generations, kills }) => [redis, generations, kills]);

test("parts: most generations go to the topology of one server, every other topology gets a minimum", () => {
  expect(parts()).toEqual([
    ["alone", 240, 24],
    ["sentinels", 30, 3],
    ["cluster", 30, 3],
  ]);
  expect(parts("--generations", "100", "--kills", "10")).toEqual([
    ["alone", 50, 4],
    ["sentinels", 25, 3],
    ["cluster", 25, 3],
  ]);
  expect(parts("--generations", "20", "--kills", "0")).toEqual([
    ["alone", 20, 0],
    ["sentinels", 20, 0],
    ["cluster", 20, 0],
  ]);
});

test("parts: only the chosen topologies at which a chosen nemesis is possible", () => {
  expect(parts("--redis", "cluster,sentinels")).toEqual([
    ["sentinels", 150, 15],
    ["cluster", 150, 15],
  ]);
  expect(parts("--nemeses", "power-cut,owner-kill")).toEqual([
    ["alone", 267, 27],
    ["cluster", 33, 3],
  ]);
  expect(() => parts("--redis", "alone", "--nemeses", "owner-kill")).toThrow("none of these is possible");
});

test.each([["--x"], ["more"], ["--kills", "-1"], ["--kills", "many"], ["--redis", "x"], ["--nemeses", "kill,x"]])(
  "options: %s %s is one sentence",
  (...args) => {
    expect(() => parts(...args)).toThrow(OptionsError);
    expect(() => parts(...args)).toThrow(/^[^\n]+$/);
  },
);
