import { setTimeout as wait } from "node:timers/promises";
import { type Fault, ofReplicas, primaryAndAll, untilTakenOver } from "./failover.ts";
import type { Nemesis } from "./nemesis.ts";

const faults: readonly Fault[] = [
  { name: "owner-kill", weight: 0.1, strike: untilTakenOver("SIGKILL") },
  { name: "owner-freeze", weight: 0.1, strike: untilTakenOver("SIGSTOP") },
  { name: "owner-and-all", weight: 0.1, strike: primaryAndAll },
  {
    // It is back before the others have given it up.
    name: "owner-kill-restart",
    weight: 0.1,
    strike: async ({ redis }) => {
      const { primary } = await redis.lineup();
      await primary.kill("SIGKILL");
      await primary.restart();
      return "at once";
    },
  },
  {
    // Nothing of the cell lies there.
    name: "other-node-freeze",
    weight: 0.05,
    strike: async ({ redis }, luck) => {
      const { others } = await redis.lineup();
      const [node, frozenMs] = [luck.pick(others), luck.between(1_000, 5_000)];
      await node.kill("SIGSTOP");
      await wait(frozenMs);
      await node.kill("SIGCONT");
      return `for ${frozenMs} ms`;
    },
  },
];

/** Faults of the nodes of a Cluster. */
export const cluster: readonly Nemesis[] = faults.map(ofReplicas("cluster"));
