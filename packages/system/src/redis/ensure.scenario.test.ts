import { statSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { freePort } from "../ports.ts";
import { temporaryHome } from "../test-home.ts";
import { ensureRedis } from "./ensure.ts";
import { pingRedis } from "./probe.ts";
import type { RedisOptions } from "./server.ts";

function optionsWith(more: Partial<RedisOptions> = {}): RedisOptions {
  const path = process.env.PATH;
  return { root: "/", home: temporaryHome(), url: undefined, env: { PATH: path }, log: () => undefined, ...more };
}

test("a started Redis: keeps every acknowledged write, and has its data and port again after a restart", async () => {
  const home = temporaryHome();
  const first = await ensureRedis(optionsWith({ home }));
  await using(first.url, async (client) => {
    expect(await client.config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
    expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    await client.set("kept", "yes");
  });
  await first.stop();
  expect(await pingRedis(first.url)).toContain("ECONNREFUSED");

  const second = await ensureRedis(optionsWith({ home }));
  expect(second.url).toBe(first.url);
  await using(second.url, async (client) => expect(await client.get("kept")).toBe("yes"));
  await second.stop();
});

test("a chosen port: Redis listens there; a taken one is one sentence", async () => {
  const port = await freePort();
  const redis = await ensureRedis(optionsWith({ port }));
  expect(redis.url).toBe(`redis://127.0.0.1:${port}`);
  await expect(ensureRedis(optionsWith({ port }))).rejects.toThrow(
    `Port ${port} (redis) is in use; stop the program that uses it, or set another port with REDIS_PORT.`,
  );
  await redis.stop();
});

test("a killed Redis: is restarted with its data", async () => {
  const redis = await ensureRedis(optionsWith());
  await using(redis.url, async (client) => {
    await client.set("kept", "yes");
    process.kill(Number(/process_id:(\d+)/.exec(await client.info("server"))?.[1]), "SIGKILL");
    await expect.poll(() => client.get("kept").catch(() => undefined), { timeout: 10_000 }).toBe("yes");
  });
  await redis.stop();
});

test("REDIS_URL: is used unchanged and not stopped", async () => {
  const running = await ensureRedis(optionsWith());
  const given = await ensureRedis(optionsWith({ url: running.url }));
  expect(given).toMatchObject({ url: running.url, how: "REDIS_URL" });
  await given.stop();
  expect(await pingRedis(running.url)).toBeUndefined();
  await running.stop();
});

test("an unreachable REDIS_URL: one sentence without the password", async () => {
  const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
  const failed = ensureRedis(optionsWith({ url }));
  await expect(failed).rejects.toThrow(
    /^The Redis of REDIS_URL \(redis:\/\/\*\*\*@127\.0\.0\.1:\d+\) does not answer: .*ECONNREFUSED/,
  );
  await expect(failed).rejects.not.toThrow("secret");
});

test("an invalid REDIS_URL: one sentence that lists the valid forms", async () => {
  await expect(ensureRedis(optionsWith({ url: "redis+sentinel://user:secret@one:1" }))).rejects.toThrow(
    /^REDIS_URL is no address of a Redis \(redis\+sentinel:\/\/\*\*\*@one:1\): write redis:.*redis\+cluster:/,
  );
});

test("no Redis, no Docker and no apt: one sentence that says what to install", async () => {
  await expect(ensureRedis(optionsWith({ env: { PATH: temporaryHome() } }))).rejects.toThrow(
    /^There is no Redis: install redis-server/,
  );
});

test("the data folder: is in the home folder", async () => {
  const home = temporaryHome();
  const redis = await ensureRedis(optionsWith({ home }));
  await redis.stop();
  expect(statSync(join(home, "redis", "appendonlydir")).isDirectory()).toBe(true);
});

async function using(url: string, action: (client: Redis) => Promise<void>): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => 50 });
  client.on("error", () => undefined);
  await action(client).finally(() => client.disconnect());
}
