import { spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "@reelqueue/system/testing";
import { expect, test } from "vitest";
import { spawnApp } from "./processes.ts";

test("spawnApp: starts an app on a free port; `ready` waits for its health; `kill` ends it", async () => {
  const app = await spawnApp("simulator", {});
  await app.ready();
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  app.kill();
  expect(await app.exited).toEqual({ code: 0, signal: null });
});

test("spawnApp: `ready` rejects with the output of an app that exits first", async () => {
  const app = await spawnApp("simulator", { SIMULATOR_CLOCK_FACTOR: "fast" });
  await expect(app.ready()).rejects.toThrow(/simulator ended \(1\) before it was healthy:\s+SIMULATOR_CLOCK_FACTOR/);
});

test.each(["SIGTERM", "an uncaught error"])(
  "endWithThisProcess: a test process that ends by %s kills its children",
  async (how) => {
    const source = `
    import { spawn } from "node:child_process";
    import { endWithThisProcess } from ${JSON.stringify(new URL("./processes.ts", import.meta.url).href)};
    const child = spawn("sleep", ["60"], { detached: true });
    endWithThisProcess(child);
    console.log(child.pid);
    if (${how !== "SIGTERM"}) throw new Error("uncaught");
  `;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", source]);
    const exited = once(parent, "exit");
    const [pid] = await once(parent.stdout, "data");
    if (how === "SIGTERM") parent.kill("SIGTERM");
    await exited;
    await eventually(() => isGone(Number(pid)), { describe: "the child is gone" });
    expect(isGone(Number(pid))).toBe(true);
  },
);

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
