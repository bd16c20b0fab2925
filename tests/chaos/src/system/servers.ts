import type { Cell } from "@reelqueue/ledger";
import {
  eventually,
  type Lineup,
  type LocalRedis,
  startCluster,
  startLocalRedis,
  startSentinels,
} from "@reelqueue/testing";

export const topologies = ["alone", "sentinels", "cluster"] as const;
/** One server; a primary and a replica under three Sentinels; a Cluster of three primaries with a replica each. */
export type Topology = (typeof topologies)[number];

/** The Redis of a system: one or several servers. */
export interface Servers {
  topology: Topology;
  /** REDIS_URL of the processes. */
  url: string;
  /** Name of the cell, on a Cluster: it decides the node. */
  cell?: string;
  /** The servers by their current part. */
  lineup(): Promise<Lineup>;
  /** Empty unless under Sentinels. */
  sentinels: readonly LocalRedis[];
  /** Resolves once another server has taken over from this one; returns a phrase for the log. */
  takeoverFrom(primary: LocalRedis): Promise<string>;
  /** Resolves once every replica is in sync; before that a takeover cannot succeed. */
  whole(): Promise<void>;
  /** How often another server had taken over, counted whenever all replicas are in sync. */
  takeovers(): number;
  /** Resumes and restarts all servers; resolves once every replica is in sync. */
  heal(): Promise<void>;
}

/** Starts the servers; the scope stops them. `env`: further variables, for the topology of one server only. */
export async function openServers(
  scope: AsyncDisposableStack,
  topology: Topology,
  env: Record<string, string> = {},
): Promise<Servers> {
  const { all, ...started } = await openers[topology](scope, env);
  let { primary: known } = await started.lineup();
  let takeovers = 0;
  const whole = async () => {
    await started.whole();
    const { primary } = await started.lineup();
    if (primary !== known) takeovers += 1;
    known = primary;
  };
  return {
    topology,
    sentinels: [],
    ...started,
    whole,
    takeovers: () => takeovers,
    takeoverFrom: async (before) => {
      const since = performance.now();
      const another = async () => (await started.lineup()).primary !== before;
      await eventually(another, { describe: "another server has taken over", timeoutMs: 60_000, everyMs: 50 });
      return `another server took over after ${Math.round(performance.now() - since)} ms`;
    },
    heal: async () => {
      for (const server of all) await server.kill("SIGCONT");
      await Promise.all(all.filter((server) => !server.alive()).map((server) => server.restart()));
      await whole();
    },
  };
}

type Opened = Pick<Servers, "url" | "lineup" | "whole"> &
  Partial<Pick<Servers, "cell" | "sentinels">> & { all: readonly LocalRedis[] };

const openers: Record<Topology, (scope: AsyncDisposableStack, env: Record<string, string>) => Promise<Opened>> = {
  alone: async (scope, env) => {
    const server = await startLocalRedis({}, env);
    scope.defer(() => server.stop());
    return {
      url: server.url,
      all: [server],
      lineup: async () => ({ primary: server, replicas: [], others: [] }),
      whole: async () => {},
    };
  },
  sentinels: async (scope) => {
    const { url, first, second, sentinels, lineup, whole, stop } = await startSentinels();
    scope.defer(stop);
    return { url, sentinels, all: [first, second, ...sentinels], lineup, whole };
  },
  cluster: async (scope) => {
    const { url, nodes, cellOn, lineupOf, whole, stop } = await startCluster({ replicas: true });
    scope.defer(stop);
    const [first] = nodes;
    if (first === undefined) throw new Error("the cluster has no nodes");
    const cell = await cellOn(first);
    return { url, cell, all: nodes, lineup: () => lineupOf(cell), whole };
  },
};

/** Keys of the cell that match the pattern. */
export async function keysOf({ redis, prefix }: Cell, pattern: string): Promise<string[]> {
  // On a Cluster the first command routes the pipeline to the node of the cell.
  const answers = await redis
    .pipeline([
      ["exists", prefix],
      ["keys", `${prefix}:${pattern}`],
    ])
    .exec();
  const [error, keys] = answers?.[1] ?? [];
  if (error) throw error;
  return keys as string[];
}
