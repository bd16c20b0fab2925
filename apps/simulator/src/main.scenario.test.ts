import { eventually, spawnApp } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { readEnv } from "./env.ts";
import { openSimulator } from "./testing/client.ts";

test("the environment sets every option", () => {
  expect(
    readEnv({
      PORT: "4000",
      HOST: "0.0.0.0",
      SIMULATOR_CLOCK_FACTOR: "30",
      SIMULATOR_SEED: "7",
      SIMULATOR_FAULTS: '{"poll-500":0.1}',
      SIMULATOR_LIMITS: "off",
      SIMULATOR_FINISH_AFTER_POLLS: "3",
      SIMULATOR_GENERATION_MS: '{"median":1000,"sigma":0.2}',
      SIMULATOR_OUTPUT_BYTES: "5000000",
      SIMULATOR_ACCEPT_LATE_MS: "400000",
      SIMULATOR_ASSET_REVIEW_MS: "5000",
      SIMULATOR_URL_LIFE_MS: "60000",
      SIMULATOR_READING: "newer",
      SIMULATOR_CALLBACK_SECRET: "0123456789abcdef",
      SIMULATOR_PREVIOUS_CALLBACK_SECRET: "fedcba9876543210",
      SIMULATOR_WEBHOOK_URL: "https://callbacks.example.com/",
      SIMULATOR_ALLOW_HTTP_CALLBACKS: "true",
      SIMULATOR_CALLBACK_HOSTS: "api, localhost",
    }),
  ).toMatchObject({
    port: 4_000,
    host: "0.0.0.0",
    clockFactor: 30,
    seed: 7,
    rates: { "poll-500": 0.1 },
    limits: "off",
    finishAfterPolls: 3,
    generationMs: { median: 1_000, sigma: 0.2 },
    outputBytes: 5_000_000,
    acceptLateMs: 400_000,
    assetReviewMs: 5_000,
    urlLifeMs: 60_000,
    reading: "newer",
    callbackSecret: "0123456789abcdef",
    previousCallbackSecret: "fedcba9876543210",
    webhookUrl: "https://callbacks.example.com/",
    allowHttpCallbacks: true,
    callbackHosts: ["api", "localhost"],
  });
  expect(readEnv({}).port).toBe(3_199);
  expect(readEnv({ SIMULATOR_LIMITS: '{"hiapi":{"concurrent":3}}' }).limits).toEqual({ hiapi: { concurrent: 3 } });
});

test("one error names every invalid variable", () => {
  const read = () => readEnv({ PORT: "abc", SIMULATOR_FAULTS: "{", SIMULATOR_GENERATION_MS: '{"median":"x"}' });
  expect(read).toThrow(/SIMULATOR_FAULTS: must be JSON[\s\S]*PORT: [\s\S]*SIMULATOR_GENERATION_MS\.median: /);
});

test("the process prints its URL, serves, and exits 0 on SIGTERM", async () => {
  const app = await spawnApp("simulator", { SIMULATOR_LIMITS: "off" });
  await app.ready();
  await eventually(() => app.logs() !== "", { describe: "prints its URL" });
  expect(app.logs()).toBe(`simulator listens on ${app.url}\n`);
  app.kill("SIGTERM");
  expect(await app.exited).toEqual({ code: 0, signal: null });
});

test("a port in use: one message without a stack, exit code 1", async () => {
  await using client = await openSimulator();
  const app = await spawnApp("simulator", { PORT: `${client.simulator.port}` });
  expect(await app.exited).toEqual({ code: 1, signal: null });
  expect(app.logs()).toBe(`port ${client.simulator.port} is in use; set PORT or stop the other process\n`);
});
