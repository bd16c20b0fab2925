import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

test.each(["SIGTERM", "a test that throws"])("ended by %s, a test process takes its processes with it", async (how) => {
  const source = `
    import { spawn } from "node:child_process";
    import { endsWithUs } from ${JSON.stringify(new URL("./children.ts", import.meta.url).href)};
    const child = spawn("sleep", ["60"], { detached: true });
    endsWithUs(child);
    console.log(child.pid);
    if (${how !== "SIGTERM"}) throw new Error("a test that throws");
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", source]);
  const exited = once(parent, "exit");
  const [pid] = await once(parent.stdout, "data");
  if (how === "SIGTERM") parent.kill("SIGTERM");
  await exited;
  await eventually(() => gone(Number(pid)), { describe: "its process is gone" });
  expect(gone(Number(pid))).toBe(true);
});

function gone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
