import { expect, test } from "vitest";
import { readJsonLines } from "./json-lines.ts";

async function read(...chunks: (string | Uint8Array)[]) {
  const source = (async function* () {
    for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  })();
  return (await Array.fromAsync(readJsonLines(source, 20))).map(({ bytes: _, ...row }) => row);
}

test("readJsonLines: a row may be cut anywhere; blank lines, carriage returns and a byte order mark are skipped", async () => {
  expect(await read("\u{feff}[1", "]\r\n\n \r\n[", "2]\n[3]")).toEqual([
    { line: 1, value: [1] },
    { line: 4, value: [2] },
    { line: 5, value: [3] },
  ]);
});

test("readJsonLines: only a line feed ends a line", async () => {
  expect(await read('["\u{2028}\u{2029}"]\n[1,\r2]\n["\u{85}\u{fffd}"]')).toEqual([
    { line: 1, value: ["\u{2028}\u{2029}"] },
    { line: 2, value: [1, 2] },
    { line: 3, value: ["\u{85}\u{fffd}"] },
  ]);
});

test("readJsonLines: a bad row stops no other", async () => {
  expect(await read(`["${"x".repeat(30)}"]\n`, new Uint8Array([0x22, 0xe9, 0x22, 0x0a]), "[1\n[2]\n")).toEqual([
    { line: 1, problem: "too_long" },
    { line: 2, problem: "not_utf8" },
    { line: 3, problem: "not_json", at: 3 },
    { line: 4, value: [2] },
  ]);
});
