import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

test("without a provider key, the accounts are the simulator's and the simulator is started", async () => {
  const env = envOf();
  const { wish } = await planStart(env);
  expect(wish.apps).toContain("simulator");
  expect(wish.appEnv.all).toMatchObject({ REELQUEUE_SIMULATOR_KEY: "simulator", PUBLIC_URL: "http://127.0.0.1:1" });
  expect(written(wish.configFile).accounts.hiapi?.baseUrl).toBe("http://127.0.0.1:3199/hiapi");
});

test("with a provider key there is no simulator, and no account points anywhere but at its provider", async () => {
  const { wish } = await planStart(envOf({ all: { HIAPI_API_KEY: "sk-1" } }));
  expect(wish.apps).not.toContain("simulator");
  expect(wish.appEnv.all).toBeUndefined();
  expect(written(wish.configFile).accounts).toMatchObject({
    hiapi: { provider: "hiapi", keyEnv: "HIAPI_API_KEY", timeScale: 1 },
  });
  expect(JSON.stringify(written(wish.configFile))).not.toContain("127.0.0.1");
});

test("a key that only the user's configuration names makes it real too, and the rest of it holds", async () => {
  const env = envOf({ all: { MY_KEY: "sk-1" } });
  const configFile = join(env.home, "own.json");
  writeFileSync(
    configFile,
    JSON.stringify({ accounts: { mine: { provider: "hiapi", keyEnv: "MY_KEY" } }, retentionDays: 7 }),
  );
  const { wish } = await planStart({ ...env, configFile });
  expect(wish.apps).not.toContain("simulator");
  expect(written(wish.configFile)).toMatchObject({ accounts: { mine: { keyEnv: "MY_KEY" } }, retentionDays: 7 });
});

test("a key never stands in a file that is written", async () => {
  const { wish } = await planStart(envOf({ all: { JIEKOU_API_KEY: "sk-very-secret" } }));
  expect(readFileSync(wish.configFile, "utf8")).not.toContain("sk-very-secret");
});

test("the command line's API key is known to the API by its hash, and is the same at the next start", async () => {
  const env = envOf();
  const { wish } = await planStart(env);
  const hash = hashOfKeyIn(env.home);
  expect(written(wish.configFile).tenants.default?.apiKeySha256).toEqual([hash]);
  await planStart(env);
  expect(hashOfKeyIn(env.home)).toBe(hash);
});

test("the dashboard's password is the user's, else one that is made once", async () => {
  expect((await planStart(envOf({ dashboard: { user: "me", password: "mine" } }))).login).toEqual({
    user: "me",
    password: "mine",
  });
  const env = envOf();
  const { login, wish } = await planStart(env);
  expect(login.password.length).toBeGreaterThanOrEqual(32);
  expect(wish.appEnv.dashboard).toEqual({ DASHBOARD_USER: "admin", DASHBOARD_PASSWORD: login.password });
  expect((await planStart(env)).login).toEqual(login);
});

test("a configuration without any key in the environment is left aside, and that is said", async () => {
  const env = envOf();
  const configFile = join(env.home, "own.json");
  writeFileSync(configFile, JSON.stringify({ accounts: { mine: { provider: "hiapi", keyEnv: "MY_KEY" } } }));
  const { remarks, wish } = await planStart({ ...env, configFile });
  expect(remarks).toEqual([`No provider key is set, so the simulator is used and ${configFile} is not.`]);
  expect(wish.apps).toContain("simulator");
});

test("a configuration that is no JSON is one sentence", async () => {
  const env = envOf();
  const configFile = join(env.home, "own.json");
  writeFileSync(configFile, "{ accounts:");
  await expect(planStart({ ...env, configFile })).rejects.toThrow(`${configFile} is not readable JSON: correct it`);
});
