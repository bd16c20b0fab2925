import { setTimeout as wait } from "node:timers/promises";
import type { Nemesis } from "../inject.ts";
import { type Fault, ofReplicas, primaryAndAll, untilTakenOver } from "./failover.ts";

const faults: readonly Fault[] = [
  { name: "owner-kill", weight: 0.1, inject: untilTakenOver("SIGKILL") },
  { name: "owner-freeze", weight: 0.1, inject: untilTakenOver("SIGSTOP") },
  { name: "owner-and-all", weight: 0.1, inject: primaryAndAll },
  {
    // Restarted before the other nodes mark it as failed.
    name: "owner-kill-restart",
    weight: 0.1,
    inject: async ({ redis }) => {
      const { primary } = await redis.lineup();
      await primary.kill("SIGKILL");
      await primary.restart();
      return "at once";
    },
  },
  {
    // A node that holds no slot of the cell.
    name: "other-node-freeze",
    weight: 0.05,
    inject: async ({ redis }, random) => {
      const { others } = await redis.lineup();
      const [node, frozenMs] = [random.pick(others), random.between(1_000, 5_000)];
      await node.kill("SIGSTOP");
      await wait(frozenMs);
      await node.kill("SIGCONT");
      return `for ${frozenMs} ms`;
    },
  },
];

/** Faults of the nodes of a Redis Cluster. */
export const clusterFaults: readonly Nemesis[] = faults.map(ofReplicas("cluster"));
