import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { program, temporaryHome } from "../test-home.ts";
import { startProcess } from "./process.ts";

test("process: its output goes to the log, of which a run has its own part", async () => {
  const log = join(temporaryHome(), "logs", "a.log");
  const run = (source: string) =>
    startProcess({
      name: "a",
      command: process.execPath,
      args: ["-e", source],
      env: {},
      log,
      ready: async () => false,
    });
  const first = run("console.log('one'); process.exitCode = 3");
  expect(await first.exited).toEqual({ code: 3, signal: null });
  const second = run("console.error('two')");
  await expect(second.ready()).rejects.toThrow(/^a ended \(0\) before it was healthy:\ntwo\n$/);
  expect(second.alive()).toBe(false);
});

test.each(["SIGTERM", "SIGINT", "an uncaught error"])(
  "endsWithUs: a process that ends by %s kills its children",
  async (how) => {
    const home = temporaryHome();
    const source = `
    import { startProcess } from ${JSON.stringify(new URL("./process.ts", import.meta.url).href)};
    const log = ${JSON.stringify(join(home, "sleep.log"))};
    const spec = { name: "sleep", command: "sleep", args: ["60"], env: process.env, log, ready: async () => true };
    console.log(startProcess({ ...spec, endsWithUs: true }).pid);
    if (${how === "an uncaught error"}) throw new Error("uncaught");
  `;
    const parent = spawn(process.execPath, [program(home, "parent.mjs", source)]);
    const exited = once(parent, "exit");
    const [pid] = await once(parent.stdout, "data");
    if (how !== "an uncaught error") parent.kill(how as NodeJS.Signals);
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
