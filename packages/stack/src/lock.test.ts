import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lives, stampOf, takeLock } from "./lock.mjs";
import { program, temporaryHome } from "./test-home.ts";

test("a lock that is held names its holder; a released one can be taken", () => {
  const path = join(temporaryHome(), "a.lock");
  const first = takeLock(path);
  expect(takeLock(path)).toEqual({ heldBy: process.pid });
  if ("release" in first) first.release();
  expect(existsSync(path)).toBe(false);
  expect(takeLock(path)).toHaveProperty("release");
});

test("the lock of a process that is gone is free", () => {
  const path = join(temporaryHome(), "a.lock");
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(path, `${pid} 12345`);
  expect(takeLock(path)).toHaveProperty("release");
  expect(readFileSync(path, "utf8")).toBe(stampOf(process.pid));
});

test("a process that only has the holder's id does not hold the lock", () => {
  const path = join(temporaryHome(), "a.lock");
  writeFileSync(path, `${process.pid} 1`);
  expect(takeLock(path)).toHaveProperty("release");
});

test("a process lives under its own stamp only", () => {
  expect(lives(stampOf(process.pid))).toBe(true);
  expect(lives(`${process.pid} 1`)).toBe(false);
  expect(lives("")).toBe(false);
});

test("of many processes that find a dead holder's lock at once, exactly one takes it", () => {
  const home = temporaryHome();
  const path = join(home, "a.lock");
  const taker = program(
    home,
    "take.mjs",
    `import { takeLock } from ${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)};
     import { setTimeout as delay } from "node:timers/promises";
     while (Date.now() < Number(process.argv[2])) await delay(0);
     console.log("release" in takeLock(${JSON.stringify(path)}) ? "taken" : "held");
     await delay(1500);`,
  );
  writeFileSync(path, "999999999 1");
  const at = Date.now() + 700;
  const all = `for i in 1 2 3 4 5 6; do "${process.execPath}" "${taker}" ${at} & done; wait`;
  const { stdout } = spawnSync("sh", ["-c", all], { encoding: "utf8" });
  expect(stdout.trim().split("\n").sort()).toEqual(["held", "held", "held", "held", "held", "taken"]);
});
