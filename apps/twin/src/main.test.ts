import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readEnv } from "./env.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

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
      TWIN_CALLBACK_SECRET: "0123456789abcdef",
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
    callbackSecret: "0123456789abcdef",
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
  const env = { ...inherited(), PORT: "0", TWIN_LIMITS: "off" };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const url = /^twin listens on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(line)?.[1];
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});

function inherited(): NodeJS.ProcessEnv {
  return { PATH: dirnameOf(process.execPath) };
}

function dirnameOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
