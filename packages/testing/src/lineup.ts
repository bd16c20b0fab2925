import { eventually } from "@reelqueue/system/testing";
import { Redis } from "ioredis";
import type { LocalRedis } from "./local-redis.ts";

/** The roles of the servers at one moment. */
export interface Lineup {
  /** Accepts the writes. */
  primary: LocalRedis;
  /** One of them takes over when the primary fails. */
  replicas: readonly LocalRedis[];
  /** Servers of other slots. */
  others: readonly LocalRedis[];
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

/** Sends one command over a new connection; rejects without an answer within 2 s. */
export async function ask(url: string, command: string, ...args: (string | number)[]): Promise<unknown> {
  const client = new Redis(url, { retryStrategy: null, commandTimeout: 2_000 });
  client.on("error", () => {});
  try {
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
