import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { config } from "@reelqueue/contracts";
import { type SimulatorProvider, simulatorProviders } from "@reelqueue/system";
import { expect, onTestFinished, test } from "vitest";
import { planDemo } from "./plan.ts";

function planned(env: NodeJS.ProcessEnv = {}, providers?: readonly SimulatorProvider[]) {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-plan-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const plan = planDemo({ root: "/workspace", home, ports: [1, 2, 3, 4, 5, 6, 7], env, seed: 9, providers });
  return { plan, settings: config.parse(JSON.parse(readFileSync(plan.wish.configFile, "utf8"))) };
}

test("every account is the simulator's, by its address and by its clock", () => {
  const { plan, settings } = planned();
  expect(Object.keys(settings.accounts)).toEqual(simulatorProviders);
  for (const { baseUrl, timeScale } of Object.values(settings.accounts)) {
    expect(baseUrl).toContain("http://127.0.0.1:5/");
    expect(plan.wish.appEnv.simulator?.SIMULATOR_CLOCK_FACTOR).toBe(`${timeScale}`);
  }
  expect(plan.wish.appEnv.simulator?.SIMULATOR_SEED).toBe("9");
});

test("no provider's key, and no setting of whoever starts it, gets into the demo", () => {
  const mine = { HIAPI_API_KEY: "sk-1", REDIS_URL: "redis://live", PUBLIC_URL: "https://live", LOG_LEVEL: "silent" };
  const { plan } = planned({ ...mine, PATH: "/bin", HOME: "/root" });
  expect(plan.wish.env).toEqual({ PATH: "/bin", HOME: "/root" });
  expect(plan.wish.redisUrl).toBeUndefined();
});

test("two runs share neither cell nor secrets", () => {
  const [a, b] = [planned(), planned()];
  expect(a.settings.cell).not.toBe(b.settings.cell);
  expect(a.plan.webhookSecret).not.toBe(b.plan.webhookSecret);
  expect(a.plan.apiKey).not.toBe(b.plan.apiKey);
});

test("a 503 is dealt only where every provider of the run is known to mean a definite no by it", () => {
  const dealt = (providers?: readonly SimulatorProvider[]) =>
    JSON.parse(planned({}, providers).plan.wish.appEnv.simulator?.SIMULATOR_FAULTS ?? "{}") as Record<string, number>;
  expect(dealt()).toHaveProperty("submit-503");
  expect(dealt(["toapis", "jiekou"])).toHaveProperty("submit-503");
  expect(dealt(["toapis", "ark"])).not.toHaveProperty("submit-503");
});
