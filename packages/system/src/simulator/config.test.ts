import { config } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { demoConfig, withApiKey } from "./config.ts";

const hash = "a".repeat(64);
const options = { simulatorUrl: "http://127.0.0.1:3199", clockFactor: 20, apiKeySha256: hash };

test("the demo's accounts: each has the simulator's URL and clock", () => {
  const { accounts } = demoConfig(options);
  expect(Object.keys(accounts)).toEqual(["hiapi", "jiekou", "toapis", "xingchao", "ark"]);
  for (const [name, account] of Object.entries(accounts)) {
    expect(account).toMatchObject({
      provider: name,
      baseUrl: expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:3199/${name}(/|$)`)),
      keyEnv: "REELQUEUE_SIMULATOR_KEY",
      timeScale: 20,
    });
  }
});

test("the demo's cell: differs from the default, so that no queued generation reaches a real account", () => {
  expect(demoConfig(options).cell).not.toBe(config.parse({}).cell);
});

test("withApiKey: adds the key to the tenant `default` and changes nothing else", () => {
  const settings = config.parse({
    tenants: { default: { weight: 3, apiKeySha256: ["b".repeat(64)] }, other: {} },
    retentionDays: 7,
  });
  expect(withApiKey(settings, hash)).toEqual({
    ...settings,
    tenants: { ...settings.tenants, default: { weight: 3, apiKeySha256: ["b".repeat(64), hash] } },
  });
});

test("allowPrivate: loopback only, and the Docker ranges where the simulator is not on loopback", () => {
  expect(demoConfig(options).allowPrivate).toEqual(["127.0.0.0/8", "::1/128"]);
  expect(demoConfig({ ...options, simulatorUrl: "http://simulator:3199" }).allowPrivate).toContain("172.16.0.0/12");
});
