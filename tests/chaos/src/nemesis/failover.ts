import { setTimeout as wait } from "node:timers/promises";
import type { Chance } from "../random.ts";
import type { Topology } from "../world/servers.ts";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";

const faults: readonly Fault[] = [
  {
    // What it acknowledged last may be nowhere else; it comes back as a replica.
    name: "failover-kill",
    weight: 0.1,
    strike: untilTakenOver("SIGKILL"),
  },
  {
    // It does not know that it is deposed: what reached it meanwhile it still acknowledges, and loses.
    name: "failover-freeze",
    weight: 0.1,
    strike: untilTakenOver("SIGSTOP"),
  },
  {
    // It is back about when its Sentinels give it up, and takes writes until they have told it.
    name: "failover-doubtful",
    weight: 0.1,
    strike: async ({ redis }, luck) => {
      const { primary } = await redis.lineup();
      const downMs = luck.between(0, 4_000);
      await primary.kill("SIGKILL");
      await wait(downMs);
      await primary.restart();
      return `primary away for ${downMs} ms`;
    },
  },
  {
    // Those that start meanwhile know nothing of the replica but what the primary itself remembers.
    name: "primary-and-all",
    weight: 0.1,
    strike: primaryAndAll,
  },
  {
    name: "replica-freeze",
    weight: 0.05,
    strike: async ({ redis }, luck) => {
      const { replicas } = await redis.lineup();
      const frozenMs = luck.between(1_000, 6_000);
      for (const replica of replicas) await replica.kill("SIGSTOP");
      await wait(frozenMs);
      for (const replica of replicas) await replica.kill("SIGCONT");
      return `for ${frozenMs} ms`;
    },
  },
  {
    name: "sentinels-restart",
    weight: 0.05,
    strike: async ({ redis: { sentinels } }, luck) => {
      for (const sentinel of sentinels) await sentinel.kill("SIGKILL");
      const downMs = luck.between(0, 1_500);
      await wait(downMs);
      for (const sentinel of sentinels) await sentinel.restart();
      return `all away for ${downMs} ms`;
    },
  },
];

/** Faults of a primary, its replica and their Sentinels. */
export const failover: readonly Nemesis[] = faults.map(ofReplicas("sentinels"));

export type Fault = Omit<Nemesis, "where" | "ready">;

/** Such a fault of replicated servers strikes when another could take over. */
export function ofReplicas(where: Topology): (fault: Fault) => Nemesis {
  return (fault) => ({ ...fault, where: [where], ready: ({ redis }) => redis.whole() });
}

export async function primaryAndAll({ redis, slots }: World, luck: Chance): Promise<string> {
  const { primary } = await redis.lineup();
  const [laterMs, downMs] = [luck.between(0, 1_500), luck.between(1_800, 3_200)];
  for (const slot of slots) slot.signal("SIGKILL");
  await wait(laterMs);
  await primary.kill("SIGKILL");
  await wait(downMs);
  await primary.restart();
  return `every process, and ${laterMs} ms later the primary for ${downMs} ms`;
}

/** The primary is gone, or stands still, until another server has taken over; then it is back. */
export function untilTakenOver(signal: "SIGKILL" | "SIGSTOP"): Nemesis["strike"] {
  return async ({ redis }) => {
    const { primary } = await redis.lineup();
    await primary.kill(signal);
    try {
      return await redis.takeoverFrom(primary);
    } finally {
      await (signal === "SIGKILL" ? primary.restart() : primary.kill("SIGCONT"));
    }
  };
}
