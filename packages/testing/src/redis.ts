import { startContainerRedis } from "./container-redis.ts";
import { startLocalRedis } from "./local-redis.ts";

/** How the Redis of a test is set up; by default as the system demands it: AOF always, noeviction. */
export interface RedisWish {
  appendonly?: "yes" | "no";
  appendfsync?: "always" | "everysec" | "no";
  /** For example `64mb`. */
  maxmemory?: string;
  maxmemoryPolicy?: string;
}

export interface TestRedis {
  url: string;
  port: number;
  /** Where it comes from, for a person to read. */
  how: string;
  stop(): Promise<void>;
}

/**
 * A real Redis: by Testcontainers where a Docker engine answers, else a redis-server process.
 * A test that kills, freezes or restarts its Redis takes `startLocalRedis`.
 */
export async function startRedis(wish: RedisWish = {}): Promise<TestRedis> {
  return (await startContainerRedis(wish)) ?? (await startLocalRedis(wish));
}
