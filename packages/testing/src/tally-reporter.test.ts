import { expect, test } from "vitest";
import { tally } from "./tally-reporter.ts";

test("tally: counts passed and failed tests", () => {
  expect(
    tally(
      [
        { states: ["passed", "failed"], errors: 0 },
        { states: ["passed"], errors: 0 },
      ],
      0,
    ),
  ).toBe("2 passed, 1 failed");
});

test("tally: names skipped tests only if there are any", () => {
  expect(tally([{ states: ["passed", "skipped"], errors: 0 }], 0)).toBe("1 passed, 0 failed, 1 skipped");
});

test("tally: an import error, a test that never ended and an unhandled error count as failed", () => {
  const modules = [
    { states: [], errors: 1 },
    { states: ["pending" as const], errors: 0 },
  ];
  expect(tally(modules, 1)).toBe("0 passed, 3 failed");
});

test("tally: a hook's error does not count on top of the tests that it failed", () => {
  expect(tally([{ states: ["failed"], errors: 1 }], 0)).toBe("0 passed, 1 failed");
});
