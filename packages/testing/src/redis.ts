import { randomInt } from "node:crypto";
import { eventually } from "@reelqueue/system/testing";
import { Redis } from "ioredis";
import { startContainerRedis } from "./container-redis.ts";
import { startLocalRedis } from "./local-redis.ts";

const variable = "REELQUEUE_TEST_REDIS_URL";

/** Vitest's global setup: starts the shared Redis and passes its URL to the workers in REELQUEUE_TEST_REDIS_URL. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[variable] !== undefined) return undefined;
  const redis = (await startContainerRedis()) ?? (await startLocalRedis());
  console.log(`Redis for the tests: ${redis.how}`);
  process.env[variable] = redis.url;
  return () => redis.stop();
}

let own: Promise<string> | undefined;

/**
 * The Redis that all tests of a run share; each test uses its own keys, by `uniqueCell`. It is a container where a
 * Docker engine answers, else a process. A test that kills, freezes or restarts its Redis takes `startLocalRedis`.
 */
export async function sharedRedis(): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined) return given;
  own ??= startLocalRedis().then(({ url, how }) => {
    console.log(`Redis for these tests: ${how}`);
    return url;
  });
  return await own;
}

/** A cell that no other test uses. */
export function uniqueCell(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  return Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join("");
}

/** Runs the action and throws if it leaves a client connected. No other test may use this Redis. */
export async function expectNoClientLeft(url: string, action: () => Promise<void>): Promise<void> {
  const watch = new Redis(url);
  try {
    const before = await connectedClients(watch);
    await action();
    let after = before;
    await eventually(
      async () => {
        after = await connectedClients(watch);
        return after <= before;
      },
      { describe: `at most ${before} clients are connected`, timeoutMs: 2_000 },
    ).catch((error: unknown) => {
      throw new Error(`${after - before} Redis clients were left connected`, { cause: error });
    });
  } finally {
    watch.disconnect();
  }
}

async function connectedClients(watch: Redis): Promise<number> {
  return Number(/connected_clients:(\d+)/.exec(await watch.info("clients"))?.[1]);
}
