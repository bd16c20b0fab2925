import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { config } from "@reelqueue/contracts";
import { expect, onTestFinished, test } from "vitest";
import type { CliEnv } from "./env.ts";
import { planStart } from "./start-plan.ts";

function envOf(more: Partial<CliEnv> = {}): CliEnv {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-home-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return {
    root: "/workspace",
    home,
    configFile: undefined,
    redisUrl: undefined,
    redisPort: undefined,
    ports: { api: 1, dashboard: 2, submitter: 3, poller: 4, finalizer: 5, simulator: 3199 },
    dashboard: { user: "admin", password: undefined },
    simulator: { url: "http://127.0.0.1:3199", clockFactor: 20 },
    api: { url: "http://127.0.0.1:1", key: undefined },
    all: {},
    ...more,
  };
}

const written = (file: string) => config.parse(JSON.parse(readFileSync(file, "utf8")));
const hashOfKeyIn = (home: string) =>
  createHash("sha256")
    .update(readFileSync(join(home, "api-key"), "utf8").trim())
    .digest("hex");

test("planStart without a provider key: simulated accounts and a simulator", async () => {
  const env = envOf();
  const { systemOptions } = await planStart(env);
  expect(systemOptions.apps).toContain("simulator");
  expect(systemOptions.appEnv.all).toMatchObject({
    REELQUEUE_SIMULATOR_KEY: "simulator",
    PUBLIC_URL: "http://127.0.0.1:1",
  });
  expect(written(systemOptions.configFile).accounts.hiapi?.baseUrl).toBe("http://127.0.0.1:3199/hiapi");
});

test("planStart with a provider key: no simulator; every account has its provider's URL", async () => {
  const { systemOptions } = await planStart(envOf({ all: { HIAPI_API_KEY: "sk-1" } }));
  expect(systemOptions.apps).not.toContain("simulator");
  expect(systemOptions.appEnv.all).toBeUndefined();
  expect(written(systemOptions.configFile).accounts).toMatchObject({
    hiapi: { provider: "hiapi", keyEnv: "HIAPI_API_KEY", timeScale: 1 },
  });
  expect(JSON.stringify(written(systemOptions.configFile))).not.toContain("127.0.0.1");
});

test("planStart with a key named in the configuration only: real accounts; other settings are kept", async () => {
  const env = envOf({ all: { MY_KEY: "sk-1" } });
  const configFile = join(env.home, "own.json");
  writeFileSync(
    configFile,
    JSON.stringify({ accounts: { mine: { provider: "hiapi", keyEnv: "MY_KEY" } }, retentionDays: 7 }),
  );
  const { systemOptions } = await planStart({ ...env, configFile });
  expect(systemOptions.apps).not.toContain("simulator");
  expect(written(systemOptions.configFile)).toMatchObject({
    accounts: { mine: { keyEnv: "MY_KEY" } },
    retentionDays: 7,
  });
});

test("planStart: no provider key in a written file", async () => {
  const { systemOptions } = await planStart(envOf({ all: { JIEKOU_API_KEY: "sk-very-secret" } }));
  expect(readFileSync(systemOptions.configFile, "utf8")).not.toContain("sk-very-secret");
});

test("planStart: the configuration contains the hash of the API key, the same at the next start", async () => {
  const env = envOf();
  const { systemOptions } = await planStart(env);
  const hash = hashOfKeyIn(env.home);
  expect(written(systemOptions.configFile).tenants.default?.apiKeySha256).toEqual([hash]);
  await planStart(env);
  expect(hashOfKeyIn(env.home)).toBe(hash);
});

test("planStart: the dashboard's password is the user's, else generated once", async () => {
  expect((await planStart(envOf({ dashboard: { user: "me", password: "mine" } }))).login).toEqual({
    user: "me",
    password: "mine",
    isOwn: true,
  });
  const env = envOf();
  const { login, systemOptions } = await planStart(env);
  expect(login.password.length).toBeGreaterThanOrEqual(32);
  expect(systemOptions.appEnv.dashboard).toEqual({ DASHBOARD_USER: "admin", DASHBOARD_PASSWORD: login.password });
  expect((await planStart(env)).login).toEqual(login);
});

test.each([
  ["no JSON", "{ accounts:", /own\.json is not valid JSON.*: correct it/],
  ["a mistyped key", '{"acounts":{}}', /own\.json has a problem:.*does not know "acounts"/s],
  [
    "a key that is not set",
    '{"accounts":{"mine":{"provider":"hiapi","keyEnv":"MY_KEY"}}}',
    /the key of account "mine" is read from MY_KEY, which is not set: set it/,
  ],
  ["no account", '{"retentionDays":7}', /own\.json has no account, and no provider key is set: .*without this file/],
  ["a missing file", undefined, /the configuration .*own\.json is missing: write it/],
])("planStart with a configuration: %s ends the start", async (_what, content, message) => {
  const env = envOf();
  const configFile = join(env.home, "own.json");
  if (content !== undefined) writeFileSync(configFile, content);
  await expect(planStart({ ...env, configFile })).rejects.toThrow(message);
  expect(existsSync(join(env.home, "config.json"))).toBe(false);
});

test("planStart: Redis gets the port of REDIS_PORT; without it, any", async () => {
  expect((await planStart(envOf({ redisPort: 7_000 }))).systemOptions.redisPort).toBe(7_000);
  expect((await planStart(envOf())).systemOptions.redisPort).toBeUndefined();
});
