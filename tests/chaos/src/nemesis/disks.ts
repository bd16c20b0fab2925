import { globSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";

const faults: readonly Nemesis[] = [
  {
    // Whatever was written and not yet synced is gone, as after a power cut; under `appendfsync always` nobody was told of it.
    name: "power-cut",
    weight: 0.1,
    strike: async (world, luck) => {
      const disk = diskOfRedis(world);
      disk.trouble({ slow: true });
      await wait(luck.between(200, 1_500));
      const { primary } = await world.redis.lineup();
      await primary.kill("SIGKILL");
      disk.trouble({});
      const dropped = globSync("appendonlydir/*.incr.aof", { cwd: primary.directory }).map((file) =>
        disk.losePower(join(primary.directory, file)),
      );
      await primary.restart();
      return `${dropped.reduce((sum, bytes) => sum + bytes, 0)} bytes dropped`;
    },
  },
  {
    // Under `appendfsync always` Redis ends itself when it cannot write.
    name: "redis-disk-full",
    weight: 0.03,
    strike: async (world, luck) => {
      const disk = diskOfRedis(world);
      disk.trouble({ full: true });
      await wait(luck.between(200, 1_500));
      disk.trouble({});
      const { primary } = await world.redis.lineup();
      const said = primary.alive() ? "it had nothing to write" : "it ended itself";
      await primary.restart();
      return said;
    },
  },
  {
    name: "redis-disk-slow",
    weight: 0.03,
    strike: async (world, luck) => {
      const slowMs = luck.between(500, 3_000);
      const disk = diskOfRedis(world);
      disk.trouble({ slow: true });
      await wait(slowMs);
      disk.trouble({});
      return `for ${slowMs} ms`;
    },
  },
  {
    name: "outputs-disk-full",
    weight: 0.05,
    strike: async ({ disks: found }, luck) => {
      const fullMs = luck.between(500, 4_000);
      found?.outputs.trouble({ full: true });
      await wait(fullMs);
      found?.outputs.trouble({});
      return `for ${fullMs} ms`;
    },
  },
];

/** Faults of the disks under Redis and under the outputs; only where disks obey. */
export const disks: readonly Nemesis[] = faults.map((fault) => ({
  ...fault,
  where: ["alone"],
  possible: (world) => world.disks !== undefined,
}));

function diskOfRedis({ disks: found }: World) {
  if (found === undefined) throw new Error("there is no disk that obeys");
  return found.redis;
}
