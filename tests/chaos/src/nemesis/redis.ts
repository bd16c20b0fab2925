import { topologies } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import { keysOf } from "../system/system.ts";
import { disable, fault, killPrimary, lasting } from "./fault.ts";
import { killAll } from "./processes.ts";

const faults: readonly Nemesis[] = [
  lasting({ name: "redis-kill", weight: 0.1, lastsMs: [0, 1_500] }, killPrimary),
  lasting({ name: "redis-freeze", weight: 0.05, lastsMs: [500, 5_000] }, async ({ redis }) =>
    disable("SIGSTOP", (await redis.lineup()).primary),
  ),
  fault({ name: "redis-and-all", weight: 0.05 }, async (system) => {
    killAll(system);
    const { end } = await killPrimary(system);
    await end();
    return "Redis and every process";
  }),
  fault({ name: "bull-keys", weight: 0.05, where: topologies }, async ({ installation: { cell } }) => {
    const keys = await keysOf(cell, "bull:*");
    return `${keys.length === 0 ? 0 : await cell.redis.del(...keys)} keys`;
  }),
  lasting({ name: "redis-full", weight: 0.05, lastsMs: [500, 3_000] }, async ({ installation: { cell } }) => {
    await cell.redis.config("SET", "maxmemory", "1mb");
    return { what: "out of memory", end: () => cell.redis.config("SET", "maxmemory", "0") };
  }),
];

/** Faults of Redis, most of them for the topology of one server. */
export const redisFaults: readonly Nemesis[] = faults.map((each) => ({ where: ["alone"], ...each }));
