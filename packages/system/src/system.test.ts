import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { holdHome } from "./home.ts";
import { freePort } from "./ports.ts";
import { pingRedis } from "./redis-ping.ts";
import { appNames, type Ports, type SystemWish, startSystem } from "./system.ts";
import { program, temporaryHome } from "./test-home.ts";

/** An app that answers /healthz, and notes its start and its end in a file that all apps share. */
const stub = `
  import { appendFileSync } from "node:fs";
  import { createServer } from "node:http";
  const { APP, PORT, HEALTH_PORT, REELQUEUE_HOME, LINGER_MS } = process.env;
  const note = (what) => appendFileSync(REELQUEUE_HOME + "/notes", what + " " + APP + "\\n");
  createServer((_, answer) => answer.end("ok")).listen(Number(PORT ?? HEALTH_PORT), "127.0.0.1", () => note("up"));
  process.on("SIGTERM", () => setTimeout(() => { note("down"); process.exit(0); }, Number(LINGER_MS ?? 0)));
`;

async function wished(more: Partial<SystemWish> = {}): Promise<SystemWish> {
  const home = temporaryHome();
  for (const name of appNames) program(home, `apps/${name}/src/main.ts`, stub);
  const entries = await Promise.all(appNames.map(async (name) => [name, await freePort()] as const));
  const ports = Object.fromEntries(entries) as Ports;
  const appEnv = Object.fromEntries(appNames.map((name) => [name, { APP: name }]));
  const env = { PATH: process.env.PATH };
  return {
    root: home,
    home,
    env,
    redisUrl: undefined,
    ports,
    apps: appNames,
    appEnv,
    configFile: "none",
    log: () => undefined,
    ...more,
  };
}

const notes = ({ home }: SystemWish) => readFileSync(join(home, "notes"), "utf8").trim().split("\n");

test("starts the simulator before the apps, and stops the apps before the simulator and the simulator before Redis", async () => {
  const wish = await wished();
  const system = await startSystem(wish);
  await system.stop();
  const order = notes(wish);
  expect(order[0]).toBe("up simulator");
  expect(order.slice(1, 6).sort()).toEqual(["up api", "up dashboard", "up finalizer", "up poller", "up submitter"]);
  expect(order.slice(6, 11).every((line) => line.startsWith("down"))).toBe(true);
  expect(order.at(-1)).toBe("down simulator");
  expect(await pingRedis(system.redis.url)).toContain("ECONNREFUSED");
});

test("an app that does not start is one sentence, and nothing is left running", async () => {
  const wish = await wished();
  program(
    wish.root,
    "apps/poller/src/main.ts",
    'process.stderr.write("HEALTH_PORT: must be a number\\n"); process.exit(1);',
  );
  await expect(startSystem(wish)).rejects.toThrow("poller did not start: HEALTH_PORT: must be a number");
  expect(readdirSync(join(wish.home, "run"))).toEqual([]);
});

test("a port in use is one sentence, before anything is started", async () => {
  const wish = await wished();
  const server = createServer().listen(wish.ports.dashboard, "127.0.0.1");
  onTestFinished(() => void server.close());
  const sentence = `Port ${wish.ports.dashboard} (dashboard) is in use; stop what uses it, or choose another one with DASHBOARD_PORT.`;
  await expect(startSystem(wish)).rejects.toThrow(sentence);
  expect(readdirSync(wish.home)).toEqual(["apps"]);
});

test("killed while it waits for a slow app, it ends at once and still stops Redis in order", async () => {
  const slow = (await wished()).appEnv;
  const wish = await wished({ appEnv: { ...slow, finalizer: { APP: "finalizer", LINGER_MS: "60000" } } });
  const system = await startSystem(wish);
  const stopped = system.stop();
  await expect.poll(() => notes(wish).filter((line) => line.startsWith("down")).length).toBe(4);
  system.kill();
  await stopped;
  expect(notes(wish)).not.toContain("down finalizer");
  expect(readFileSync(join(wish.home, "logs", "redis.log"), "utf8")).toContain("ready to exit, bye bye");
});

test("a start that is given up stops what runs already", async () => {
  const giveUp = new AbortController();
  const wish = await wished({ signal: giveUp.signal });
  program(wish.root, "apps/api/src/main.ts", "setInterval(() => {}, 1000);");
  const started = startSystem(wish);
  await expect.poll(() => notes(wish).length, { timeout: 10_000 }).toBe(5);
  giveUp.abort();
  await expect(started).rejects.toThrow("stopped while it started");
  expect(readdirSync(join(wish.home, "run"))).toEqual([]);
});

test("what a crashed start left running is ended by the next one, Redis last", async () => {
  const wish = await wished();
  const system = JSON.stringify(new URL("./system.ts", import.meta.url).href);
  const source = `import { startSystem } from ${system};
    await startSystem({ ...${JSON.stringify(wish)}, log() {} });
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, [program(wish.home, "launcher.mjs", source)]);
  expect(signal).toBe("SIGKILL");
  expect(readdirSync(join(wish.home, "run"))).toHaveLength(appNames.length + 1);

  const said: string[] = [];
  (await holdHome(wish.home, (line) => said.push(line))).release();
  expect(said.sort()).toEqual(
    [...appNames, "redis"].sort().map((name) => `Ending ${name}, left running by an earlier start.`),
  );
  expect(notes(wish).filter((line) => line.startsWith("down"))).toHaveLength(appNames.length);
  expect(readFileSync(join(wish.home, "logs", "redis.log"), "utf8")).toContain("ready to exit, bye bye");
  expect(readdirSync(join(wish.home, "run"))).toEqual([]);
});

test("a home folder that a process holds names it, and is not shared", async () => {
  const home = temporaryHome();
  const held = await holdHome(home, () => undefined);
  await expect(holdHome(home, () => undefined)).rejects.toThrow(`already runs here as process ${process.pid}`);
  held.release();
  (await holdHome(home, () => undefined)).release();
});
