import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { reportError } from "./errors.ts";

function reported(error: unknown): unknown {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => print.mockRestore());
  expect(reportError(error)).toBe(1);
  return print.mock.lastCall?.[0];
}

test("reportError: a file that this user may not write is one sentence that names it", () => {
  const error = Object.assign(new Error("EACCES: permission denied, mkdir '/srv/home'"), {
    code: "EACCES",
    path: "/srv/home",
  });
  expect(reported(error)).toBe(
    "This user may not read or write /srv/home (EACCES): give it the right, or set REELQUEUE_HOME to a folder of its own.",
  );
});

test("reportError: any other error keeps its stack", () => {
  let missing: unknown;
  try {
    readFileSync("/nowhere");
  } catch (error) {
    missing = error;
  }
  expect(reported(missing)).toBe(missing);
});
