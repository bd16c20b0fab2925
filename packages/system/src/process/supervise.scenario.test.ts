import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { filesOf } from "../home.ts";
import { program, temporaryHome } from "../test-home.ts";
import type { ProcessSpec } from "./process.ts";
import { Supervised } from "./supervise.ts";

function supervised(source: string, more: Partial<ProcessSpec> = {}) {
  const home = temporaryHome();
  const logged: string[] = [];
  const file = program(home, "program.mjs", source);
  const ready = async () => existsSync(join(home, "ready"));
  const spec = {
    name: "thing",
    command: process.execPath,
    args: [file],
    env: { HOME: home },
    ...filesOf(home, "thing"),
    ready,
    graceMs: 5_000,
  };
  const process_ = new Supervised({ ...spec, ...more }, { log: (line) => logged.push(line) });
  onTestFinished(async () => {
    process_.kill();
    await process_.stop();
  });
  return { process: process_, logged, home, starts: () => readFileSync(join(home, "starts"), "utf8").length };
}

const prelude = `
  import { appendFileSync, existsSync, writeFileSync } from "node:fs";
  const file = (name) => process.env.HOME + "/" + name;
  appendFileSync(file("starts"), "x");
`;
const staysUp = `${prelude} writeFileSync(file("ready"), ""); setInterval(() => {}, 1000);`;

test("supervise: resolves `ready` by its condition, writes a pid file and removes it at the stop", async () => {
  const { process, home } = supervised(staysUp);
  await process.ready();
  expect(existsSync(join(home, "run", "thing.pid"))).toBe(true);
  await process.stop();
  expect(existsSync(join(home, "run", "thing.pid"))).toBe(false);
});

test("supervise: a process that exits by itself is restarted and the restart is logged", async () => {
  const { process, logged, starts } = supervised(
    `${prelude}
     if (existsSync(file("ready"))) setInterval(() => {}, 1000);
     else { writeFileSync(file("ready"), ""); setTimeout(() => process.exit(3), 300); }`,
  );
  await process.ready();
  await expect.poll(starts, { timeout: 5_000 }).toBe(2);
  expect(logged).toEqual([expect.stringContaining("thing: exit code 3; restarting in 0.5 s")]);
});

test("supervise: an exit before the first readiness rejects with the process's output; no restart", async () => {
  const { process, starts } = supervised(
    `${prelude} console.log('{"level":"info"}'); console.error("port 80 may not be opened"); process.exit(1);`,
  );
  await expect(process.ready()).rejects.toThrow("thing did not start: port 80 may not be opened");
  expect(starts()).toBe(1);
});

test("supervise: a crash at the start rejects with its error, not with the version line of Node", async () => {
  const { process } = supervised(`${prelude} throw new TypeError("no such thing");`);
  await expect(process.ready()).rejects.toThrow("thing did not start: TypeError: no such thing");
});

test("supervise: a missing program rejects with one sentence", async () => {
  const { process } = supervised("", { command: "/no/such/program" });
  await expect(process.ready()).rejects.toThrow("thing did not start: spawn /no/such/program ENOENT");
});

test("supervise: a process that ignores SIGTERM is killed after `graceMs`", async () => {
  const { process, logged } = supervised(`process.on("SIGTERM", () => {}); ${staysUp}`, { graceMs: 200 });
  await process.ready();
  await process.stop();
  expect(logged).toEqual(["thing did not exit within 0.2 s: killed."]);
});

test("supervise: a stop during the start ends the process and rejects `ready`", async () => {
  const { process } = supervised(`${prelude} setInterval(() => {}, 1000);`);
  await process.stop();
  await expect(process.ready()).rejects.toThrow("thing was stopped while it started");
});
