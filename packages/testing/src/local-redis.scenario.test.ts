import { existsSync } from "node:fs";
import { eventually, type LocalRedis } from "@reelqueue/system/testing";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalRedis } from "./local-redis.ts";
import { expectNoClientLeft } from "./redis.ts";

let server: LocalRedis;
let client: Redis;

beforeAll(async () => {
  server = await startLocalRedis();
  client = new Redis(server.url, { retryStrategy: () => 50, commandTimeout: 5_000 });
  client.on("error", () => undefined);
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});

test("local Redis: AOF with appendfsync always, noeviction, packed small hashes", async () => {
  expect(await setting("appendonly")).toBe("yes");
  expect(await setting("appendfsync")).toBe("always");
  expect(await setting("maxmemory-policy")).toBe("noeviction");
  expect(await setting("hash-max-listpack-value")).toBe("1024");
  expect(await setting("bind")).toBe("127.0.0.1");
});

test("local Redis: keeps every acknowledged write over SIGKILL and restart", async () => {
  await client.set("kept", "yes");
  const before = server.pid();
  await server.kill("SIGKILL");
  await server.restart();
  expect(server.pid()).not.toBe(before);
  expect(await eventually(() => client.get("kept"), { describe: "the client reconnects" })).toBe("yes");
});

test("local Redis: SIGSTOP freezes it, SIGCONT resumes it", async () => {
  await server.kill("SIGSTOP");
  const impatient = new Redis(server.url, { commandTimeout: 200, retryStrategy: null, maxRetriesPerRequest: 0 });
  impatient.on("error", () => undefined);
  await expect(impatient.ping()).rejects.toThrow();
  await server.kill("SIGCONT");
  impatient.disconnect();
  expect(await client.ping()).toBe("PONG");
});

test("local Redis: stop removes the process and its data folder", async () => {
  const other = await startLocalRedis({ appendonly: "no", maxmemory: "10mb" });
  const direct = new Redis(other.url);
  const directory = (await direct.config("GET", "dir")) as string[];
  expect((await direct.config("GET", "maxmemory")) as string[]).toContain("10485760");
  direct.disconnect();
  await other.stop();
  expect(existsSync(directory[1] ?? "")).toBe(false);
  expect(other.pid()).toBeDefined();
  expect(() => process.kill(other.pid() ?? 0, 0)).toThrow("ESRCH");
});

test("expectNoClientLeft: throws for a client that stays connected", async () => {
  await expectNoClientLeft(server.url, async () => {
    const closed = new Redis(server.url);
    await closed.ping();
    closed.disconnect();
  });
  const leaked: Redis[] = [];
  const leak = expectNoClientLeft(server.url, async () => {
    leaked.push(new Redis(server.url));
    await leaked[0]?.ping();
  });
  await expect(leak).rejects.toThrow("1 Redis clients were left connected");
  leaked[0]?.disconnect();
});

async function setting(name: string): Promise<string | undefined> {
  return ((await client.config("GET", name)) as string[])[1];
}
