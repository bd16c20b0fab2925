import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSandbox } from "./sandbox.ts";

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

test("two sandboxes at once: separate folders and ports; disposal leaves nothing", async () => {
  {
    using first = await openSandbox(quiet);
    using second = await openSandbox(quiet);
    expect(first.home).not.toBe(second.home);
    expect(new Set([...first.ports, ...second.ports]).size).toBe(14);
    expect(homes()).toHaveLength(2);
  }
  expect(homes()).toEqual([]);
});

test("a kept folder: stays, also during later runs", async () => {
  let kept = "";
  {
    using sandbox = await openSandbox(quiet);
    sandbox.keep();
    kept = sandbox.home;
    writeFileSync(join(kept, "a-video"), "");
  }
  using _later = await openSandbox(quiet);
  expect(existsSync(join(kept, "a-video"))).toBe(true);
});

test("a killed run: the next one removes its folder", async () => {
  const module = JSON.stringify(new URL("./sandbox.ts", import.meta.url).href);
  const source = `import { openSandbox } from ${module}; await openSandbox(() => {}); process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], {
    env: { ...process.env, TMPDIR: folder },
  });
  expect(signal).toBe("SIGKILL");
  const left = homes();
  expect(left).toHaveLength(1);
  using next = await openSandbox(quiet);
  expect(homes().map((name) => join(folder, name))).toEqual([next.home]);
});
