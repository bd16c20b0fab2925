import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "./bootstrap.mjs";

test.each([
  ["scripts/run.mjs", "check", "--x"],
  ["scripts/vitest.mjs", "run", "--x"],
  ["scripts/measure.mjs", "--x"],
  ["scripts/measure.mjs", "/nowhere"],
  ["scripts/measure.mjs", ".", "/nowhere"],
  ["scripts/new-provider.mjs", "Acme"],
  ["scripts/new-provider.mjs", "acme", "--x"],
  ["tests/chaos/src/main.ts", "--x"],
  ["tests/chaos/src/main.ts", "--nemeses", "kill,nothing"],
  ["tests/bench/src/main.ts", "--x"],
  ["tests/bench/src/main.ts", "nothing"],
  ["tests/bench/src/main.ts", "caps", "--runs", "many"],
  ["examples/producer/src/main.ts", "many"],
  ["apps/cli/src/main.ts", "start", "--x"],
])(
  "a wrong option is one sentence without a stack, exit code 2: %s %s %s",
  (...args) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    const [sentence, ...help] = stderr.trim().split("\n");
    expect(sentence).toMatch(/\w/);
    // the command line shows its usage below
    expect(help[0] ?? "").toBe("");
    expect(`${stdout}${stderr}`).not.toMatch(/^\s+at /m);
    expect(status).toBe(2);
  },
  120_000,
);
