import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findPlace } from "./place.ts";

const quiet = () => undefined;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reelqueue-places-"));
  vi.stubEnv("TMPDIR", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const homes = () => readdirSync(folder).filter((name) => name.startsWith("reelqueue-demo-"));

test("two runs at once share neither folder nor ports, and leave nothing", async () => {
  {
    using first = await findPlace(quiet);
    using second = await findPlace(quiet);
    expect(first.home).not.toBe(second.home);
    expect(new Set([...first.ports, ...second.ports]).size).toBe(14);
    expect(homes()).toHaveLength(2);
  }
  expect(homes()).toEqual([]);
});

test("a folder that is to be kept stays, also while others run later", async () => {
  let kept = "";
  {
    using place = await findPlace(quiet);
    place.keep();
    kept = place.home;
    writeFileSync(join(kept, "a-video"), "");
  }
  using _later = await findPlace(quiet);
  expect(existsSync(join(kept, "a-video"))).toBe(true);
});

test("what a killed run left is removed by the next one", async () => {
  const place = JSON.stringify(new URL("./place.ts", import.meta.url).href);
  const source = `import { findPlace } from ${place}; await findPlace(() => {}); process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], {
    env: { ...process.env, TMPDIR: folder },
  });
  expect(signal).toBe("SIGKILL");
  const left = homes();
  expect(left).toHaveLength(1);
  using next = await findPlace(quiet);
  expect(homes().map((name) => join(folder, name))).toEqual([next.home]);
});
