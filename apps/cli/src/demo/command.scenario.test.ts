import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { simulatorProviders } from "@reelqueue/system";
import { eventually } from "@reelqueue/testing";
import { expect, onTestFinished, test } from "vitest";
import type { DemoResult, ProviderResult } from "./messages.ts";

const main = join(import.meta.dirname, "../main.ts");

test("demo over all providers: everything is proven, the bill equals the ledger, the JSON has its keys", async () => {
  const { exitCode, output, errors } = runDemo("--providers", "all", "--count", "35");
  expect([await exitCode, errors()]).toEqual([0, expect.not.stringContaining("Not proven")]);
  const result = JSON.parse(output()) as DemoResult & { providers: Record<string, ProviderResult> };
  expect(Object.keys(result)).toEqual([
    ...["accepted", "succeeded", "failed", "outputs", "outputBytes", "webhooksVerified", "duplicateWebhooks"],
    ...["charges", "duplicateCharges", "seconds", "generationsPerSecond", "pollsPerGeneration"],
    ...["redisCommandsPerGeneration", "providers"],
  ]);
  expect(result).toMatchObject({ accepted: 35, webhooksVerified: 35, duplicateCharges: 0 });
  expect(result.outputs).toBe(result.succeeded);
  expect(Object.keys(result.providers).sort()).toEqual([...simulatorProviders].sort());
  for (const { chargedUsd, settledUsd } of Object.values(result.providers)) expect(chargedUsd).toBeCloseTo(settledUsd);
}, 200_000);

test("demo: Ctrl-C ends it with the results so far and leaves nothing", async () => {
  const { process: command, exitCode, output, errors } = runDemo("--count", "2000");
  await eventually(() => errors().includes("generations accepted"), { describe: "it runs", timeoutMs: 120_000 });
  command.kill("SIGINT");
  expect(await exitCode).toBe(1);
  expect(errors()).toMatch(/^Not proven: interrupted: .* announced$/m);
  expect(JSON.parse(output())).toMatchObject({ accepted: 2_000, duplicateCharges: 0 });
  const [, home = ""] = /finalizer in (\S+)/.exec(errors()) ?? [];
  expect(home).toContain("reelqueue-demo-");
  expect(existsSync(home)).toBe(false);
}, 200_000);

function runDemo(...options: string[]) {
  const args = [main, "demo", "--json", ...options];
  const command: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const written = { output: "", errors: "" };
  command.stdout?.on("data", (text: Buffer) => (written.output += text));
  command.stderr?.on("data", (text: Buffer) => (written.errors += text));
  const exitCode = once(command, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    command.kill("SIGTERM");
    await exitCode;
  });
  return { process: command, exitCode, output: () => written.output, errors: () => written.errors };
}
