import { config } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { demoConfig, withApiKey } from "./demo-config.ts";

const hash = "a".repeat(64);
const wish = { simulatorUrl: "http://127.0.0.1:3199", clockFactor: 20, apiKeySha256: hash };

test("the demo's accounts all point at the simulator and live by its clock", () => {
  const { accounts } = demoConfig(wish);
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

test("the demo has a cell of its own, so that nothing queued in it reaches a real account", () => {
  expect(demoConfig(wish).cell).not.toBe(config.parse({}).cell);
});

test("the command line's key is added to the default tenant, and everything else stays", () => {
  const own = config.parse({
    tenants: { default: { weight: 3, apiKeySha256: ["b".repeat(64)] }, other: {} },
    retentionDays: 7,
  });
  expect(withApiKey(own, hash)).toEqual({
    ...own,
    tenants: { ...own.tenants, default: { weight: 3, apiKeySha256: ["b".repeat(64), hash] } },
  });
});

test("private addresses besides loopback are open only where the simulator lies behind one", () => {
  expect(demoConfig(wish).allowPrivate).toEqual(["127.0.0.0/8", "::1/128"]);
  expect(demoConfig({ ...wish, simulatorUrl: "http://simulator:3199" }).allowPrivate).toContain("172.16.0.0/12");
});
