import { globSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Nemesis } from "../inject.ts";
import type { ChaosSystem } from "../system/system.ts";
import { fault, impair, lasting } from "./fault.ts";

const faults: readonly Nemesis[] = [
  // Unsynced writes are lost; under `appendfsync always` none of them was acknowledged.
  fault({ name: "power-cut", weight: 0.1 }, async (system, random) => {
    const disk = diskOfRedis(system);
    disk.setFaults({ slow: true });
    await wait(random.between(200, 1_500));
    const { primary } = await system.redis.lineup();
    await primary.kill("SIGKILL");
    disk.setFaults({});
    const dropped = globSync("appendonlydir/*.incr.aof", { cwd: primary.directory }).map((file) =>
      disk.dropUnsynced(join(primary.directory, file)),
    );
    await primary.restart();
    return `${dropped.reduce((sum, bytes) => sum + bytes, 0)} bytes dropped`;
  }),
  // Under `appendfsync always` Redis exits when it cannot write.
  fault({ name: "redis-disk-full", weight: 0.03 }, async (system, random) => {
    const disk = diskOfRedis(system);
    disk.setFaults({ full: true });
    await wait(random.between(200, 1_500));
    disk.setFaults({});
    const { primary } = await system.redis.lineup();
    const said = primary.alive() ? "it had nothing to write" : "Redis exited";
    await primary.restart();
    return said;
  }),
  lasting({ name: "redis-disk-slow", weight: 0.03, lastsMs: [500, 3_000] }, (system) =>
    impair(diskOfRedis(system), { slow: true }),
  ),
  lasting({ name: "outputs-disk-full", weight: 0.05, lastsMs: [500, 4_000] }, ({ disks }) =>
    impair(disks?.outputs, { full: true }),
  ),
];

/** Faults of the disks of Redis and of the outputs; only where the disk shim could be built. */
export const diskFaults: readonly Nemesis[] = faults.map((each) => ({
  ...each,
  where: ["alone"],
  possible: (system) => system.disks !== undefined,
}));

function diskOfRedis({ disks }: ChaosSystem) {
  if (disks === undefined) throw new Error("this machine has no disk shim");
  return disks.redis;
}
