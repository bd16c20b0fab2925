import { statSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { freePort } from "./ports.ts";
import { ensureRedis, type RedisWish } from "./redis.ts";
import { pingRedis } from "./redis-ping.ts";
import { temporaryHome } from "./test-home.ts";

function wish(more: Partial<RedisWish> = {}): RedisWish {
  const path = process.env.PATH;
  return { root: "/", home: temporaryHome(), url: undefined, env: { PATH: path }, log: () => undefined, ...more };
}

test("starts a Redis that keeps what it acknowledges, and finds its data and its port again", async () => {
  const home = temporaryHome();
  const first = await ensureRedis(wish({ home }));
  await using(first.url, async (client) => {
    expect(await client.config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
    expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    await client.set("kept", "yes");
  });
  await first.stop();
  expect(await pingRedis(first.url)).toContain("ECONNREFUSED");

  const second = await ensureRedis(wish({ home }));
  expect(second.url).toBe(first.url);
  await using(second.url, async (client) => expect(await client.get("kept")).toBe("yes"));
  await second.stop();
});

test("a Redis that dies is started again with its data", async () => {
  const redis = await ensureRedis(wish());
  await using(redis.url, async (client) => {
    await client.set("kept", "yes");
    process.kill(Number(/process_id:(\d+)/.exec(await client.info("server"))?.[1]), "SIGKILL");
    await expect.poll(() => client.get("kept").catch(() => undefined), { timeout: 10_000 }).toBe("yes");
  });
  await redis.stop();
});

test("REDIS_URL is used as it is, and is not stopped", async () => {
  const own = await ensureRedis(wish());
  const given = await ensureRedis(wish({ url: own.url }));
  expect(given).toMatchObject({ url: own.url, how: "REDIS_URL" });
  await given.stop();
  expect(await pingRedis(own.url)).toBeUndefined();
  await own.stop();
});

test("a REDIS_URL that does not answer is one sentence, without its password", async () => {
  const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
  const failed = ensureRedis(wish({ url }));
  await expect(failed).rejects.toThrow(
    /^The Redis of REDIS_URL \(redis:\/\/\*\*\*@127\.0\.0\.1:\d+\) does not answer: .*ECONNREFUSED/,
  );
  await expect(failed).rejects.not.toThrow("secret");
});

test("a REDIS_URL of no known form is one sentence that names the forms", async () => {
  await expect(ensureRedis(wish({ url: "redis+sentinel://user:secret@one:1" }))).rejects.toThrow(
    /^REDIS_URL is no address of a Redis \(redis\+sentinel:\/\/\*\*\*@one:1\): write redis:.*redis\+cluster:/,
  );
});

test("no Redis, no Docker and no apt is one sentence that says what to install", async () => {
  await expect(ensureRedis(wish({ env: { PATH: temporaryHome() } }))).rejects.toThrow(
    /^There is no Redis: install redis-server/,
  );
});

test("the data folder lies in the home folder", async () => {
  const home = temporaryHome();
  const redis = await ensureRedis(wish({ home }));
  await redis.stop();
  expect(statSync(join(home, "redis", "appendonlydir")).isDirectory()).toBe(true);
});

async function using(url: string, action: (client: Redis) => Promise<void>): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => 50 });
  client.on("error", () => undefined);
  await action(client).finally(() => client.disconnect());
}
