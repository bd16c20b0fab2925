import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { temporaryHome } from "../test-home.ts";
import { ensureRedis } from "./ensure.ts";
import { commandsServed } from "./probe.ts";

test("commandsServed: counts every command, those inside scripts too, but not its own query", async () => {
  const env = { PATH: process.env.PATH };
  const redis = await ensureRedis({ root: "/", home: temporaryHome(), url: undefined, env, log: () => undefined });
  const client = new Redis(redis.url);
  await client.ping();
  await commandsServed(redis.url);
  const before = await commandsServed(redis.url);
  expect(await commandsServed(redis.url)).toBe(before);
  await client.set("a", "1");
  await client.eval("redis.call('INCR', KEYS[1]) redis.call('INCR', KEYS[1])", 1, "a");
  expect(await commandsServed(redis.url)).toBe(before + 4);
  await client.quit();
  await redis.stop();
});

test("commandsServed: an unreachable Redis rejects, never 0", async () => {
  await expect(commandsServed("redis://127.0.0.1:1")).rejects.toThrow();
});
