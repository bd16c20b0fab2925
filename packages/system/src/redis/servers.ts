import { eventually } from "../eventually.ts";
import { ask } from "./probe.ts";
import type { LocalRedis } from "./server.ts";

export const topologies = ["alone", "sentinels", "cluster"] as const;
/** One server; a primary and a replica under three Sentinels; a Cluster of three primaries. */
export type Topology = (typeof topologies)[number];

/** The roles of the servers at one moment. */
export interface Lineup {
  /** Accepts the writes. */
  primary: LocalRedis;
  /** One of them takes over when the primary fails. */
  replicas: readonly LocalRedis[];
  /** Servers of other slots. */
  others: readonly LocalRedis[];
}

/** The Redis of a system: one or several servers, each a real process. */
export interface RedisServers {
  topology: Topology;
  /** REDIS_URL of the processes. */
  url: string;
  /** Name of the cell, on a Cluster: it decides the node. */
  cell?: string;
  /** First the initial primaries, then their replicas. */
  servers: readonly LocalRedis[];
  /** Empty unless under Sentinels. */
  sentinels: readonly LocalRedis[];
  /** The servers by their current part. */
  lineup(): Promise<Lineup>;
  /** Resolves once another server has taken over from this one; returns a phrase for the log. */
  takeoverFrom(primary: LocalRedis): Promise<string>;
  /** Resolves once every replica is in sync; before that a takeover cannot succeed. */
  whole(): Promise<void>;
  /** How often another server had taken over, counted whenever all replicas are in sync. */
  takeovers(): number;
  /** Resumes and restarts all servers; resolves once every replica is in sync. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Adds what is the same at every topology. */
export async function redisServers<Started extends Omit<RedisServers, "takeoverFrom" | "takeovers" | "heal" | "stop">>(
  started: Started,
): Promise<Started & RedisServers> {
  const all = [...started.servers, ...started.sentinels];
  let { primary: known } = await started.lineup();
  let takeovers = 0;
  const whole = async () => {
    await started.whole();
    const { primary } = await started.lineup();
    if (primary !== known) takeovers += 1;
    known = primary;
  };
  return {
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
    stop: async () => void (await Promise.all(all.map((server) => server.stop()))),
  };
}

/** Resolves once each primary of these servers has a replica in sync, and every other server is such a replica. */
export async function allInSync(servers: readonly LocalRedis[]): Promise<void> {
  await eventually(async () => (await Promise.all(servers.map(isInSync))).every(Boolean), {
    describe: "every replica is in sync",
    timeoutMs: 60_000,
    everyMs: 100,
  });
}

async function isInSync({ url }: LocalRedis): Promise<boolean> {
  const info = `${await ask(url, "info", "replication")}`;
  return info.includes("role:master")
    ? /slave\d+:.*state=online,offset=\d+,lag=[01]\b/.test(info)
    : info.includes("master_link_status:up");
}

/** The most frequent answer of these servers; a server that does not answer within 2 s does not count. */
export async function askMost<T>(servers: readonly LocalRedis[], question: (url: string) => Promise<T>): Promise<T> {
  const answers = await Promise.allSettled(servers.map(({ url }) => question(url)));
  const given = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const [most] = [...Map.groupBy(given, (answer) => JSON.stringify(answer)).values()].sort(
    (a, b) => b.length - a.length,
  );
  if (most?.[0] === undefined) throw new Error("none of the servers answers");
  return most[0];
}
