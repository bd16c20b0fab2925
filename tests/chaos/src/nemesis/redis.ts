import { setTimeout as wait } from "node:timers/promises";
import { topologies } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import { type ChaosSystem, keysOf } from "../system/system.ts";

const faults: readonly Nemesis[] = [
  {
    name: "redis-kill",
    weight: 0.1,
    inject: async ({ redis }, random) => {
      const { primary } = await redis.lineup();
      await primary.kill("SIGKILL");
      const downMs = random.between(0, 1_500);
      await wait(downMs);
      await primary.restart();
      return `down for ${downMs} ms`;
    },
  },
  {
    name: "redis-freeze",
    weight: 0.05,
    inject: async ({ redis }, random) => {
      const frozenMs = random.between(500, 5_000);
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
    inject: async ({ redis, processes }) => {
      for (const target of processes) target.signal("SIGKILL");
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
    inject: async (system) => `${await deleteBullKeys(system)} keys`,
  },
  {
    name: "redis-full",
    weight: 0.05,
    inject: async ({ installation: { cell } }, random) => {
      await cell.redis.config("SET", "maxmemory", "1mb");
      const fullMs = random.between(500, 3_000);
      await wait(fullMs);
      await cell.redis.config("SET", "maxmemory", "0");
      return `out of memory for ${fullMs} ms`;
    },
  },
];

/** Faults of Redis, most of them for the topology of one server. */
export const redisFaults: readonly Nemesis[] = faults.map((fault) => ({ where: ["alone"], ...fault }));

async function deleteBullKeys({ installation: { cell } }: ChaosSystem): Promise<number> {
  const keys = await keysOf(cell, "bull:*");
  return keys.length === 0 ? 0 : cell.redis.del(...keys);
}
