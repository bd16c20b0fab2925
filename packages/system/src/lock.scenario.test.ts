import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isRunning, stampOf, takeLock } from "./lock.mjs";
import { program, temporaryHome } from "./test-home.ts";

test("takeLock: a held lock names its holder; a released one can be taken", () => {
  const path = join(temporaryHome(), "a.lock");
  const first = takeLock(path);
  expect(takeLock(path)).toEqual({ heldBy: process.pid });
  if ("release" in first) first.release();
  expect(existsSync(path)).toBe(false);
  expect(takeLock(path)).toHaveProperty("release");
});

test("takeLock: the lock of an exited process is taken over at once", () => {
  const path = join(temporaryHome(), "a.lock");
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(path, `${pid} 12345`);
  expect(takeLock(path)).toHaveProperty("release");
  expect(readFileSync(path, "utf8")).toBe(stampOf(process.pid));
});

test("takeLock: another process with the holder's reused pid does not hold the lock", () => {
  const path = join(temporaryHome(), "a.lock");
  writeFileSync(path, `${process.pid} 1`);
  expect(takeLock(path)).toHaveProperty("release");
});

test("isRunning: true only for the stamp of this run of the process", () => {
  expect(isRunning(stampOf(process.pid))).toBe(true);
  expect(isRunning(`${process.pid} 1`)).toBe(false);
  expect(isRunning("")).toBe(false);
});

test("takeLock: of many processes that find a stale lock at the same moment, exactly one takes it", () => {
  const home = temporaryHome();
  const rounds = 40;
  const locks = Array.from({ length: rounds }, (_, round) => join(home, `${round}.lock`));
  for (const path of locks) writeFileSync(path, "999999999 1");
  const taker = program(
    home,
    "take.mjs",
    `import { takeLock } from ${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)};
     const [start, ...locks] = process.argv.slice(2);
     locks.forEach((path, round) => {
       while (Date.now() < Number(start) + round * 10);
       if ("release" in takeLock(path)) console.log(round);
     });
     setTimeout(() => {}, 500);`,
  );
  const one = `"${process.execPath}" "${taker}" ${Date.now() + 700} ${locks.join(" ")} &`;
  const { stdout } = spawnSync("sh", ["-c", `${one} ${one} ${one} ${one} wait`], { encoding: "utf8" });
  const taken = stdout.trim().split("\n").map(Number);
  expect(taken.sort((a, b) => a - b)).toEqual(locks.map((_, round) => round));
});
