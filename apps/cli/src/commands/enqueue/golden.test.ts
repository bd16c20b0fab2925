import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyByLine } from "./keys.ts";

/** A changed key would pay again for a file that is enqueued again. Add cases; never change an expected value. */
const cases: { batch: string; line: number; request: Record<string, unknown>; key: string }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "golden.json"), "utf8"),
);

test.each(cases)("idempotency key $key", ({ batch, line, request, key }) => {
  expect(keyByLine(batch, { line, request })).toBe(key);
});
