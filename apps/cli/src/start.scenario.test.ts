import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePort, inheritedEnv } from "@reelqueue/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const home = mkdtempSync(join(tmpdir(), "reelqueue-start-"));
const apps = ["API", "DASHBOARD", "SUBMITTER", "POLLER", "FINALIZER", "SIMULATOR"];
let ports: Record<string, string>;

beforeAll(async () => {
  ports = Object.fromEntries(await Promise.all(apps.map(async (app) => [`${app}_PORT`, `${await freePort()}`])));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test("start: runs all apps as processes, prints their addresses, stops them in order and has its data at the next start", async () => {
  const first = startReelqueue();
  await first.waitForText("reelqueue runs");
  for (const app of apps) expect((await fetch(`http://127.0.0.1:${ports[`${app}_PORT`]}/healthz`)).status).toBe(200);
  expect(first.output()).toContain(`http://127.0.0.1:${ports.DASHBOARD_PORT}   (admin / `);
  expect(first.output()).toContain("./reelqueue enqueue examples/prompts.jsonl");
  const id = await acceptOne();

  const second = startReelqueue();
  expect(await second.exitCode).toBe(1);
  expect(second.output()).toBe(
    `reelqueue already runs here as process ${first.process.pid} (${home}); stop that one first, with Ctrl-C or: kill ${first.process.pid}\n`,
  );

  first.process.kill("SIGINT");
  expect(await first.exitCode).toBe(0);
  expect(first.output()).toMatch(/Stopped\. All data is kept for the next start\.\n$/);
  expect(readdirSync(join(home, "run"))).toEqual([]);

  const third = startReelqueue();
  await third.waitForText("reelqueue runs");
  expect(await (await api(`/v1/generations/${id}`)).json()).toMatchObject({ id });
  third.process.kill("SIGTERM");
  expect(await third.exitCode).toBe(0);
}, 90_000);

test("start: Ctrl-C during the start stops it without an error", async () => {
  const { process: starting, exitCode, output } = startReelqueue();
  await eventually(() => existsSync(join(home, "run", "redis.pid")), { describe: "Redis is being started" });
  starting.kill("SIGINT");
  expect(await exitCode).toBe(0);
  expect(output()).not.toContain("Error");
  expect(readdirSync(join(home, "run"))).toEqual([]);
}, 60_000);

test("start: one sentence for each invalid variable", async () => {
  const { exitCode, output } = startReelqueue({ API_PORT: "many", SIMULATOR_CLOCK_FACTOR: "-1" });
  expect(await exitCode).toBe(1);
  expect(output()).toContain('API_PORT must be a number from 1 to 65535, not "many"\n');
  expect(output()).toContain('SIMULATOR_CLOCK_FACTOR must be a number from 1 to 100000, not "-1"\n');
});

async function acceptOne(): Promise<string> {
  const answer = await api("/v1/generations", { prompt: "a paper boat in the rain", seconds: 4 });
  expect(answer.status).toBe(202);
  const { generation } = (await answer.json()) as { generation: { id: string } };
  return generation.id;
}

function api(path: string, body?: object): Promise<Response> {
  const authorization = `Bearer ${readFileSync(join(home, "api-key"), "utf8").trim()}`;
  const post = {
    method: "POST",
    body: JSON.stringify(body),
    headers: { authorization, "content-type": "application/json" },
  };
  return fetch(`http://127.0.0.1:${ports.API_PORT}${path}`, body === undefined ? { headers: { authorization } } : post);
}

function startReelqueue(more: Record<string, string> = {}) {
  const env = { ...inheritedEnv(), HOME: home, REELQUEUE_HOME: home, ...ports, ...more };
  const child: ChildProcess = spawn(process.execPath, [main, "start"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let written = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => (written += text));
  const exitCode = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exitCode;
  });
  const output = () => written;
  const waitForText = (text: string) =>
    eventually(() => output().includes(text), { describe: `printed: ${text}`, timeoutMs: 60_000 });
  return { process: child, exitCode, output, waitForText };
}
