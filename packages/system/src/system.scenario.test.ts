import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type AppsOptions, appNames, type Ports, startApps } from "./apps.ts";
import { holdHome } from "./home.ts";
import { freePort } from "./ports.ts";
import { pingRedis } from "./redis/probe.ts";
import { program, temporaryHome } from "./test-home.ts";

/** An app that answers /healthz and records its start and its end in a file shared by all apps. */
const stub = `
  import { appendFileSync } from "node:fs";
  import { createServer } from "node:http";
  const { APP, PORT, HEALTH_PORT, REELQUEUE_HOME, LINGER_MS } = process.env;
  const note = (what) => appendFileSync(REELQUEUE_HOME + "/notes", what + " " + APP + "\\n");
  createServer((_, answer) => answer.end("ok")).listen(Number(PORT ?? HEALTH_PORT), "127.0.0.1", () => note("up"));
  process.on("SIGTERM", () => setTimeout(() => { note("down"); process.exit(0); }, Number(LINGER_MS ?? 0)));
`;

async function optionsWith(more: Partial<AppsOptions> = {}): Promise<AppsOptions> {
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

const notes = ({ home }: AppsOptions) => readFileSync(join(home, "notes"), "utf8").trim().split("\n");

test("system: starts the simulator before the apps; stops the apps, then the simulator, then Redis", async () => {
  const options = await optionsWith();
  const system = await startApps(options);
  await system.stop();
  const order = notes(options);
  expect(order[0]).toBe("up simulator");
  expect(order.slice(1, 6).sort()).toEqual(["up api", "up dashboard", "up finalizer", "up poller", "up submitter"]);
  expect(order.slice(6, 11).every((line) => line.startsWith("down"))).toBe(true);
  expect(order.at(-1)).toBe("down simulator");
  expect(await pingRedis(system.redis.url)).toContain("ECONNREFUSED");
});

test("system: an app that does not start rejects with one sentence, and no process is left", async () => {
  const options = await optionsWith();
  program(
    options.root,
    "apps/poller/src/main.ts",
    'process.stderr.write("HEALTH_PORT: must be a number\\n"); process.exit(1);',
  );
  await expect(startApps(options)).rejects.toThrow("poller did not start: HEALTH_PORT: must be a number");
  expect(readdirSync(join(options.home, "run"))).toEqual([]);
});

test("system: a port in use rejects with one sentence before any process starts", async () => {
  const options = await optionsWith();
  const server = createServer().listen(options.ports.dashboard, "127.0.0.1");
  onTestFinished(() => void server.close());
  const sentence = `Port ${options.ports.dashboard} (dashboard) is in use; stop the program that uses it, or set another port with DASHBOARD_PORT.`;
  await expect(startApps(options)).rejects.toThrow(sentence);
  expect(readdirSync(options.home)).toEqual(["apps"]);
});

test("system: a kill during the stop ends slow apps at once and still stops Redis in order", async () => {
  const slow = (await optionsWith()).appEnv;
  const options = await optionsWith({ appEnv: { ...slow, finalizer: { APP: "finalizer", LINGER_MS: "60000" } } });
  const system = await startApps(options);
  const stopped = system.stop();
  await expect.poll(() => notes(options).filter((line) => line.startsWith("down")).length).toBe(4);
  system.kill();
  await stopped;
  expect(notes(options)).not.toContain("down finalizer");
  expect(readFileSync(join(options.home, "logs", "redis.log"), "utf8")).toContain("ready to exit, bye bye");
});

test("system: an aborted start stops the started processes", async () => {
  const giveUp = new AbortController();
  const options = await optionsWith({ signal: giveUp.signal });
  program(options.root, "apps/api/src/main.ts", "setInterval(() => {}, 1000);");
  const started = startApps(options);
  await expect.poll(() => notes(options).length, { timeout: 10_000 }).toBe(5);
  giveUp.abort();
  await expect(started).rejects.toThrow("stopped while it started");
  expect(readdirSync(join(options.home, "run"))).toEqual([]);
});

test("holdHome: ends the processes of a crashed start, Redis last", async () => {
  const options = await optionsWith();
  const apps = JSON.stringify(new URL("./apps.ts", import.meta.url).href);
  const source = `import { startApps } from ${apps};
    await startApps({ ...${JSON.stringify(options)}, log() {} });
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, [program(options.home, "launcher.mjs", source)]);
  expect(signal).toBe("SIGKILL");
  expect(readdirSync(join(options.home, "run"))).toHaveLength(appNames.length + 1);

  const logged: string[] = [];
  (await holdHome(options.home, (line) => logged.push(line))).release();
  expect(logged.sort()).toEqual(
    [...appNames, "redis"].sort().map((name) => `Ending ${name}, left running by an earlier start.`),
  );
  expect(notes(options).filter((line) => line.startsWith("down"))).toHaveLength(appNames.length);
  expect(readFileSync(join(options.home, "logs", "redis.log"), "utf8")).toContain("ready to exit, bye bye");
  expect(readdirSync(join(options.home, "run"))).toEqual([]);
});

test("holdHome: a held folder is refused with the holder's pid", async () => {
  const home = temporaryHome();
  const lock = await holdHome(home, () => undefined);
  await expect(holdHome(home, () => undefined)).rejects.toThrow(`already runs here as process ${process.pid}`);
  lock.release();
  (await holdHome(home, () => undefined)).release();
});
