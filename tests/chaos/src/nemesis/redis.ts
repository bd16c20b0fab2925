import { setTimeout as wait } from "node:timers/promises";
import { keysOf } from "../world/keys.ts";
import { topologies } from "../world/servers.ts";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";

const faults: readonly Nemesis[] = [
  {
    name: "redis-kill",
    weight: 0.1,
    strike: async ({ redis }, luck) => {
      const { primary } = await redis.lineup();
      await primary.kill("SIGKILL");
      const downMs = luck.between(0, 1_500);
      await wait(downMs);
      await primary.restart();
      return `away for ${downMs} ms`;
    },
  },
  {
    name: "redis-freeze",
    weight: 0.05,
    strike: async ({ redis }, luck) => {
      const frozenMs = luck.between(500, 5_000);
      const { primary } = await redis.lineup();
      await primary.kill("SIGSTOP");
      await wait(frozenMs);
      await primary.kill("SIGCONT");
      return `${frozenMs} ms`;
    },
  },
  {
    name: "redis-and-all",
    weight: 0.05,
    strike: async ({ redis, slots }) => {
      for (const slot of slots) slot.signal("SIGKILL");
      const { primary } = await redis.lineup();
      await primary.kill("SIGKILL");
      await primary.restart();
      return "Redis and every process";
    },
  },
  {
    name: "bull-keys",
    weight: 0.05,
    where: topologies,
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

/** Faults of Redis, most of them of a server that is alone. */
export const redisFaults: readonly Nemesis[] = faults.map((fault) => ({ where: ["alone"], ...fault }));

async function deleteBullKeys({ here: { cell } }: World): Promise<number> {
  const keys = await keysOf(cell, "bull:*");
  return keys.length === 0 ? 0 : cell.redis.del(...keys);
}
