import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, eventually, sharedRedis, spawnApp } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

let home: string;
let app: App | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "reelqueue-dashboard-"));
});
afterEach(async () => {
  app?.kill("SIGKILL");
  await app?.exited;
  await rm(home, { recursive: true });
});

async function start(env: Record<string, string> = {}): Promise<App> {
  app = await spawnApp("dashboard", { REDIS_URL: await sharedRedis(), REELQUEUE_HOME: home, ...env });
  return app;
}

test("without settings: listens on loopback and prints how to log in; SIGTERM ends it with 0", async () => {
  const { ready, logs, kill, exited, url } = await start();
  await ready();
  const line = `dashboard listens on ${url}; log in as admin with the password in ${home}/dashboard-password\n`;
  await eventually(() => logs().includes(line), { describe: "the line that says how to log in" });
  expect((await fetch(url, { redirect: "manual" })).status).toBe(302);
  kill("SIGTERM");
  expect(await exited).toEqual({ code: 0, signal: null });
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    "no password off loopback",
    { HOST: "0.0.0.0" },
    /does not listen on 0\.0\.0\.0 without a password: set DASHBOARD_PASSWORD/,
  ],
  ["an empty password off loopback", { HOST: "0.0.0.0", DASHBOARD_PASSWORD: "" }, /without a password/],
  ["a viewer without a password", { DASHBOARD_VIEWER_USER: "guest" }, /set both DASHBOARD_VIEWER_USER and/],
  ["a bad port and log level", { PORT: "http", LOG_LEVEL: "loud" }, /LOG_LEVEL is "loud": .*\nPORT is "http": /],
])("%s: one clear sentence, no stack, exit 1", async (_, env, sentence) => {
  const { exited, logs } = await start(env);
  expect(await exited).toEqual({ code: 1, signal: null });
  expect(logs()).toMatch(sentence);
  expect(logs()).not.toMatch(/\n\s+at /);
});

test("a port in use: the error names PORT", async () => {
  const first = await start();
  await first.ready();
  const second = await spawnApp("dashboard", {
    REDIS_URL: await sharedRedis(),
    REELQUEUE_HOME: home,
    PORT: new URL(first.url).port,
  });
  expect(await second.exited).toEqual({ code: 1, signal: null });
  expect(second.logs()).toMatch(/port \d+ is in use; set PORT/);
});
