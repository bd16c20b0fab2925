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
  return { plan, settings: config.parse(JSON.parse(readFileSync(plan.systemOptions.configFile, "utf8"))) };
}

test("planDemo: every account has the simulator's URL and clock", () => {
  const { plan, settings } = planned();
  expect(Object.keys(settings.accounts)).toEqual(simulatorProviders);
  for (const { baseUrl, timeScale } of Object.values(settings.accounts)) {
    expect(baseUrl).toContain("http://127.0.0.1:5/");
    expect(plan.systemOptions.appEnv.simulator?.SIMULATOR_CLOCK_FACTOR).toBe(`${timeScale}`);
  }
  expect(plan.systemOptions.appEnv.simulator?.SIMULATOR_SEED).toBe("9");
});

test("planDemo: no provider key and no setting of the caller reaches the demo", () => {
  const mine = { HIAPI_API_KEY: "sk-1", REDIS_URL: "redis://live", PUBLIC_URL: "https://live", LOG_LEVEL: "silent" };
  const { plan } = planned({ ...mine, PATH: "/bin", HOME: "/root" });
  expect(plan.systemOptions.env).toEqual({ PATH: "/bin", HOME: "/root" });
  expect(plan.systemOptions.redisUrl).toBeUndefined();
});

test("planDemo: two runs have different cells and secrets", () => {
  const [a, b] = [planned(), planned()];
  expect(a.settings.cell).not.toBe(b.settings.cell);
  expect(a.plan.webhookSecret).not.toBe(b.plan.webhookSecret);
  expect(a.plan.apiKey).not.toBe(b.plan.apiKey);
});

test("planDemo: faults contain a 503 only if it is a definite refusal at every provider of the run", () => {
  const faultsOf = (providers?: readonly SimulatorProvider[]) =>
    JSON.parse(planned({}, providers).plan.systemOptions.appEnv.simulator?.SIMULATOR_FAULTS ?? "{}") as Record<
      string,
      number
    >;
  expect(faultsOf()).toHaveProperty("submit-503");
  expect(faultsOf(["toapis", "jiekou"])).toHaveProperty("submit-503");
  expect(faultsOf(["toapis", "ark"])).not.toHaveProperty("submit-503");
});
