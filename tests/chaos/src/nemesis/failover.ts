import { setTimeout as wait } from "node:timers/promises";
import type { Topology } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import { disable, fault, killPrimary, lasting } from "./fault.ts";
import { killAll } from "./processes.ts";

type Fault = Omit<Nemesis, "where" | "ready">;

const ofSentinels: readonly Fault[] = [
  // Its last acknowledged writes may exist nowhere else; it returns as a replica.
  { name: "failover-kill", weight: 0.1, inject: untilTakenOver("SIGKILL") },
  // It does not know that it was demoted: it still acknowledges writes received meanwhile, and loses them.
  { name: "failover-freeze", weight: 0.1, inject: untilTakenOver("SIGSTOP") },
  // It returns about when the Sentinels start the failover, and accepts writes until they demote it.
  lasting({ name: "failover-doubtful", weight: 0.1, lastsMs: [0, 4_000] }, killPrimary),
  // Processes that start meanwhile know the replica only from the primary's own record.
  primaryAndAll("primary-and-all"),
  lasting({ name: "replica-freeze", weight: 0.05, lastsMs: [1_000, 6_000] }, async ({ redis }) =>
    disable("SIGSTOP", ...(await redis.lineup()).replicas),
  ),
  lasting({ name: "sentinels-restart", weight: 0.05, lastsMs: [0, 1_500] }, async ({ redis }) => ({
    ...(await disable("SIGKILL", ...redis.sentinels)),
    what: "all down",
  })),
];

const ofCluster: readonly Fault[] = [
  { name: "owner-kill", weight: 0.1, inject: untilTakenOver("SIGKILL") },
  { name: "owner-freeze", weight: 0.1, inject: untilTakenOver("SIGSTOP") },
  primaryAndAll("owner-and-all"),
  // Restarted before the other nodes mark it as failed.
  fault({ name: "owner-kill-restart", weight: 0.1 }, async (system) => {
    const { end } = await killPrimary(system);
    await end();
    return "at once";
  }),
  // A node that holds no slot of the cell.
  lasting({ name: "other-node-freeze", weight: 0.05, lastsMs: [1_000, 5_000] }, async ({ redis }, random) =>
    disable("SIGSTOP", random.pick((await redis.lineup()).others)),
  ),
];

/** Faults of a primary, its replica and their Sentinels, and of the nodes of a Redis Cluster. */
export const failoverFaults: readonly Nemesis[] = [
  ...ofSentinels.map(onReplicas("sentinels")),
  ...ofCluster.map(onReplicas("cluster")),
];

/** A fault of replicated servers, injected once a replica is in sync and could take over. */
function onReplicas(where: Topology): (fault: Fault) => Nemesis {
  return (each) => ({ ...each, where: [where], ready: ({ redis }) => redis.whole() });
}

function primaryAndAll(name: string): Fault {
  return lasting({ name, weight: 0.1, lastsMs: [1_800, 3_200] }, async (system, random) => {
    const { primary } = await system.redis.lineup();
    const laterMs = random.between(0, 1_500);
    killAll(system);
    await wait(laterMs);
    const { end } = await disable("SIGKILL", primary);
    return { what: `every process, and ${laterMs} ms later the primary`, end };
  });
}

/** The primary is dead (SIGKILL) or frozen (SIGSTOP) until another server takes over; then it returns. */
function untilTakenOver(signal: "SIGKILL" | "SIGSTOP"): Nemesis["inject"] {
  return async ({ redis }) => {
    const { primary } = await redis.lineup();
    const { end } = await disable(signal, primary);
    try {
      return await redis.takeoverFrom(primary);
    } finally {
      await end();
    }
  };
}
