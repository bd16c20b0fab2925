import { setTimeout as wait } from "node:timers/promises";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";

export const redisFaults: readonly Nemesis[] = [
  {
    name: "redis-kill",
    weight: 0.1,
    strike: async ({ redis }, luck) => {
      await redis.kill("SIGKILL");
      const downMs = luck.between(0, 1_500);
      await wait(downMs);
      await redis.restart();
      return `away for ${downMs} ms`;
    },
  },
  {
    name: "redis-freeze",
    weight: 0.05,
    strike: async ({ redis }, luck) => {
      const frozenMs = luck.between(500, 5_000);
      await redis.kill("SIGSTOP");
      await wait(frozenMs);
      await redis.kill("SIGCONT");
      return `${frozenMs} ms`;
    },
  },
  {
    name: "redis-and-all",
    weight: 0.05,
    strike: async ({ redis, slots }) => {
      for (const slot of slots) slot.signal("SIGKILL");
      await redis.kill("SIGKILL");
      await redis.restart();
      return "Redis and every process";
    },
  },
  {
    name: "bull-keys",
    weight: 0.05,
    strike: async (world) => `${await deleteBullKeys(world)} keys`,
  },
  {
    name: "redis-full",
    weight: 0.05,
    strike: async ({ here: { cell } }, luck) => {
      await cell.redis.config("SET", "maxmemory", "1mb");
      const fullMs = luck.between(500, 3_000);
      await wait(fullMs);
      await cell.redis.config("SET", "maxmemory", "0");
      return `out of memory for ${fullMs} ms`;
    },
  },
];

async function deleteBullKeys({ here: { cell } }: World): Promise<number> {
  const keys = await cell.redis.keys(`${cell.prefix}:bull:*`);
  return keys.length === 0 ? 0 : cell.redis.del(...keys);
}
