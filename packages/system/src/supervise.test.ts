import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ProcessSpec, supervise } from "./supervise.ts";
import { program, temporaryHome } from "./test-home.ts";

function supervised(source: string, { home = temporaryHome(), ...more }: Partial<ProcessSpec> = {}) {
  const said: string[] = [];
  const file = program(home, "program.mjs", source);
  const ready = async () => existsSync(join(home, "ready"));
  const spec = {
    name: "thing",
    command: process.execPath,
    arguments: [file],
    env: { HOME: home },
    home,
    ready,
    graceMs: 5_000,
  };
  const process_ = supervise({ ...spec, ...more }, { log: (line) => said.push(line) });
  onTestFinished(async () => {
    process_.kill();
    await process_.stop();
  });
  return { process: process_, said, home, starts: () => readFileSync(join(home, "starts"), "utf8").length };
}

const prelude = `
  import { appendFileSync, existsSync, writeFileSync } from "node:fs";
  const file = (name) => process.env.HOME + "/" + name;
  appendFileSync(file("starts"), "x");
`;
const staysUp = `${prelude} writeFileSync(file("ready"), ""); setInterval(() => {}, 1000);`;

test("is ready when its condition says so, keeps a note of its id, and removes it when it is stopped", async () => {
  const { process, home } = supervised(staysUp);
  await process.ready;
  expect(existsSync(join(home, "run", "thing.pid"))).toBe(true);
  await process.stop();
  expect(existsSync(join(home, "run", "thing.pid"))).toBe(false);
});

test("a process that ends by itself is started again, and the person is told", async () => {
  const { process, said, starts } = supervised(
    `${prelude}
     if (existsSync(file("ready"))) setInterval(() => {}, 1000);
     else { writeFileSync(file("ready"), ""); setTimeout(() => process.exit(3), 300); }`,
  );
  await process.ready;
  await expect.poll(starts, { timeout: 5_000 }).toBe(2);
  expect(said).toEqual([expect.stringContaining("thing: it ended with exit code 3; starting it again in 0.5 s")]);
});

test("a process that ends before it was ever ready is a sentence with what it said, and is not tried again", async () => {
  const { process, starts } = supervised(
    `${prelude} console.log('{"level":"info"}'); console.error("port 80 may not be opened"); process.exit(1);`,
  );
  await expect(process.ready).rejects.toThrow("thing did not start: port 80 may not be opened");
  expect(starts()).toBe(1);
});

test("a crash at start is told by its error, not by the system below it", async () => {
  const { process } = supervised(`${prelude} throw new TypeError("no such thing");`);
  await expect(process.ready).rejects.toThrow("thing did not start: TypeError: no such thing");
});

test("a program that is not there is a sentence too", async () => {
  const { process } = supervised("", { command: "/no/such/program" });
  await expect(process.ready).rejects.toThrow("thing did not start: spawn /no/such/program ENOENT");
});

test("a process that ignores SIGTERM is killed after its grace", async () => {
  const { process, said } = supervised(`process.on("SIGTERM", () => {}); ${staysUp}`, { graceMs: 200 });
  await process.ready;
  await process.stop();
  expect(said).toEqual(["thing did not end within 0.2 s: killed."]);
});

test("stopped while it starts, it ends and is not ready", async () => {
  const { process } = supervised(`${prelude} setInterval(() => {}, 1000);`);
  await process.stop();
  await expect(process.ready).rejects.toThrow("thing was stopped while it started");
});
