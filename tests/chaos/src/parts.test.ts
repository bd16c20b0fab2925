import { expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { dealOut } from "./parts.ts";

const dealt = (...args: string[]) =>
  dealOut(readOptions(args)).map(({ redis, generations, kills }) => [redis, generations, kills]);

test("most of the work meets one server, and each other kind of Redis gets enough to show something", () => {
  expect(dealt()).toEqual([
    ["alone", 240, 24],
    ["sentinels", 30, 3],
    ["cluster", 30, 3],
  ]);
  expect(dealt("--generations", "100", "--kills", "10")).toEqual([
    ["alone", 50, 4],
    ["sentinels", 25, 3],
    ["cluster", 25, 3],
  ]);
  expect(dealt("--generations", "20", "--kills", "0")).toEqual([
    ["alone", 20, 0],
    ["sentinels", 20, 0],
    ["cluster", 20, 0],
  ]);
});

test("the kinds of Redis that are wished share the work, less those where none of the wished nemeses can be", () => {
  expect(dealt("--redis", "cluster,sentinels")).toEqual([
    ["sentinels", 150, 15],
    ["cluster", 150, 15],
  ]);
  expect(dealt("--nemeses", "power-cut,owner-kill")).toEqual([
    ["alone", 267, 27],
    ["cluster", 33, 3],
  ]);
  expect(() => dealt("--redis", "alone", "--nemeses", "owner-kill")).toThrow("none of these can be");
});
