import { setTimeout as wait } from "node:timers/promises";
import type { Topology } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import type { SeededRandom } from "../random.ts";
import type { ChaosSystem } from "../system/system.ts";

const faults: readonly Fault[] = [
  {
    // Its last acknowledged writes may exist nowhere else; it returns as a replica.
    name: "failover-kill",
    weight: 0.1,
    inject: untilTakenOver("SIGKILL"),
  },
  {
    // It does not know that it was demoted: it still acknowledges writes received meanwhile, and loses them.
    name: "failover-freeze",
    weight: 0.1,
    inject: untilTakenOver("SIGSTOP"),
  },
  {
    // It returns about when the Sentinels start the failover, and accepts writes until they demote it.
    name: "failover-doubtful",
    weight: 0.1,
    inject: async ({ redis }, random) => {
      const { primary } = await redis.lineup();
      const downMs = random.between(0, 4_000);
      await primary.kill("SIGKILL");
      await wait(downMs);
      await primary.restart();
      return `primary down for ${downMs} ms`;
    },
  },
  {
    // Processes that start meanwhile know the replica only from the primary's own record.
    name: "primary-and-all",
    weight: 0.1,
    inject: primaryAndAll,
  },
  {
    name: "replica-freeze",
    weight: 0.05,
    inject: async ({ redis }, random) => {
      const { replicas } = await redis.lineup();
      const frozenMs = random.between(1_000, 6_000);
      for (const replica of replicas) await replica.kill("SIGSTOP");
      await wait(frozenMs);
      for (const replica of replicas) await replica.kill("SIGCONT");
      return `for ${frozenMs} ms`;
    },
  },
  {
    name: "sentinels-restart",
    weight: 0.05,
    inject: async ({ redis: { sentinels } }, random) => {
      for (const sentinel of sentinels) await sentinel.kill("SIGKILL");
      const downMs = random.between(0, 1_500);
      await wait(downMs);
      for (const sentinel of sentinels) await sentinel.restart();
      return `all down for ${downMs} ms`;
    },
  },
];

/** Faults of a primary, its replica and their Sentinels. */
export const failoverFaults: readonly Nemesis[] = faults.map(ofReplicas("sentinels"));

export type Fault = Omit<Nemesis, "where" | "ready">;

/** A fault of replicated servers, injected once a replica is in sync and could take over. */
export function ofReplicas(where: Topology): (fault: Fault) => Nemesis {
  return (fault) => ({ ...fault, where: [where], ready: ({ redis }) => redis.whole() });
}

export async function primaryAndAll({ redis, processes }: ChaosSystem, random: SeededRandom): Promise<string> {
  const { primary } = await redis.lineup();
  const [laterMs, downMs] = [random.between(0, 1_500), random.between(1_800, 3_200)];
  for (const target of processes) target.signal("SIGKILL");
  await wait(laterMs);
  await primary.kill("SIGKILL");
  await wait(downMs);
  await primary.restart();
  return `every process, and ${laterMs} ms later the primary for ${downMs} ms`;
}

/** The primary is dead (SIGKILL) or frozen (SIGSTOP) until another server takes over; then it returns. */
export function untilTakenOver(signal: "SIGKILL" | "SIGSTOP"): Nemesis["inject"] {
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
