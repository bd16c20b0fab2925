import { eventually, spawnApp } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { readEnv } from "./env.ts";
import { openTwin } from "./testing/client.ts";

test("the environment sets every option", () => {
  expect(
    readEnv({
      PORT: "4000",
      HOST: "0.0.0.0",
      TWIN_CLOCK_FACTOR: "30",
      TWIN_SEED: "7",
      TWIN_FAULTS: '{"poll-500":0.1}',
      TWIN_LIMITS: "off",
      TWIN_FINISH_AFTER_POLLS: "3",
      TWIN_GENERATION_MS: '{"median":1000,"sigma":0.2}',
      TWIN_OUTPUT_BYTES: "5000000",
      TWIN_ACCEPT_LATE_MS: "400000",
      TWIN_ASSET_REVIEW_MS: "5000",
      TWIN_URL_LIFE_MS: "60000",
      TWIN_READING: "newer",
      TWIN_CALLBACK_SECRET: "0123456789abcdef",
      TWIN_PREVIOUS_CALLBACK_SECRET: "fedcba9876543210",
      TWIN_WEBHOOK_URL: "https://callbacks.example.com/",
      TWIN_ALLOW_HTTP_CALLBACKS: "true",
      TWIN_CALLBACK_HOSTS: "api, localhost",
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
  expect(readEnv({ TWIN_LIMITS: '{"hiapi":{"concurrent":3}}' }).limits).toEqual({ hiapi: { concurrent: 3 } });
});

test("every variable that is wrong is named at once", () => {
  const read = () => readEnv({ PORT: "abc", TWIN_FAULTS: "{", TWIN_GENERATION_MS: '{"median":"x"}' });
  expect(read).toThrow(/TWIN_FAULTS: must be JSON[\s\S]*PORT: [\s\S]*TWIN_GENERATION_MS\.median: /);
});

test("the process prints its URL, serves, and ends in order when it is told to", async () => {
  const app = await spawnApp("twin", { TWIN_LIMITS: "off" });
  await app.ready();
  await eventually(() => app.logs() !== "", { describe: "it says so" });
  expect(app.logs()).toBe(`twin listens on ${app.url}\n`);
  app.kill("SIGTERM");
  expect(await app.exited).toEqual({ code: 0, signal: null });
});

test("a port that is taken is one sentence, not a stack", async () => {
  await using client = await openTwin();
  const app = await spawnApp("twin", { PORT: `${client.twin.port}` });
  expect(await app.exited).toEqual({ code: 1, signal: null });
  expect(app.logs()).toBe(`port ${client.twin.port} is in use; set PORT or stop the other process\n`);
});
