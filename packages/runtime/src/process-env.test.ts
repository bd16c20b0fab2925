import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readCount, readServerEnv, readWorkerEnv } from "./process-env.ts";

test("every variable has a working default", () => {
  expect(readWorkerEnv({}, 3102)).toMatchObject({
    redisUrl: "redis://127.0.0.1:6379",
    health: { host: "127.0.0.1", port: 3102 },
    configPath: resolve("reelqueue.config.json"),
    logLevel: "info",
  });
  expect(readServerEnv({ PORT: "0", PUBLIC_URL: "" }, 3100)).toMatchObject({ port: 0 });
  expect(readServerEnv({ PUBLIC_URL: "" }, 3100)).not.toHaveProperty("publicUrl");
});

test("a configuration is required where REELQUEUE_CONFIG names it", () => {
  expect(readWorkerEnv({ REELQUEUE_CONFIG: " " }, 3102).configRequired).toBe(false);
  expect(readWorkerEnv({ REELQUEUE_CONFIG: "own.json" }, 3102).configRequired).toBe(true);
});

test("all wrong variables are listed at once, with their values", () => {
  const read = () => readWorkerEnv({ REDIS_URL: "localhost", HEALTH_PORT: "http", LOG_LEVEL: "loud" }, 3102);
  expect(read).toThrow(/REDIS_URL is "localhost"[\s\S]*LOG_LEVEL is "loud"[\s\S]*HEALTH_PORT is "http"/);
  expect(() => readCount({ N: "-1" }, "N", 5)).toThrow(/N is "-1"/);
});

test("a wrong REDIS_URL is shown without its password", () => {
  const read = () => readServerEnv({ REDIS_URL: "http://me:secret@host:1" }, 3100);
  expect(read).toThrow(/REDIS_URL is "http:\/\/\*\*\*@host:1"/);
  expect(read).not.toThrow(/secret/);
});
