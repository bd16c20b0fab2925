import { expect, test } from "vitest";
import { tally } from "./tally.ts";

test("counts what passed and what failed", () => {
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

test("says how many were skipped only where some were", () => {
  expect(tally([{ states: ["passed", "skipped"], errors: 0 }], 0)).toBe("1 passed, 0 failed, 1 skipped");
});

test("a module that cannot be loaded, a test that never ended and an unhandled error are failures", () => {
  const modules = [
    { states: [], errors: 1 },
    { states: ["pending" as const], errors: 0 },
  ];
  expect(tally(modules, 1)).toBe("0 passed, 3 failed");
});

test("the error of a hook is not counted on top of the tests that it failed", () => {
  expect(tally([{ states: ["failed"], errors: 1 }], 0)).toBe("0 passed, 1 failed");
});
