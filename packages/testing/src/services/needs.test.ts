import { afterEach, expect, test, vi } from "vitest";
import { testWith } from "./needs.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("a missing program: the tests are skipped, and the message names the Debian package", () => {
  vi.stubEnv("PATH", "/nowhere");
  vi.stubEnv("REELQUEUE_REQUIRE", "");
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  expect(testWith("promtool")).not.toBe(test);
  expect(printed.mock.calls).toEqual([
    ["skipped: promtool not found in PATH; Debian has it: apt-get install prometheus"],
  ]);
});

test("a missing program with REELQUEUE_REQUIRE=all: the file fails", () => {
  vi.stubEnv("PATH", "/nowhere");
  vi.stubEnv("REELQUEUE_REQUIRE", "all");
  expect(() => testWith("chromium")).toThrow("apt-get install chromium");
});
