import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import type { LocalRedis } from "./local-redis.ts";

/** Who is who among the servers at one moment. */
export interface Lineup {
  /** It takes the writes. */
  primary: LocalRedis;
  /** One of them takes over from it. */
  replicas: readonly LocalRedis[];
  /** They hold other data. */
  others: readonly LocalRedis[];
}

/** Resolves once each primary of these servers has a replica in step, and every other server is one. */
export async function allInStep(servers: readonly LocalRedis[]): Promise<void> {
  await eventually(async () => (await Promise.all(servers.map(isInStep))).every(Boolean), {
    describe: "every replica is in step",
    timeoutMs: 60_000,
    everyMs: 100,
  });
}

async function isInStep({ url }: LocalRedis): Promise<boolean> {
  const info = `${await ask(url, "info", "replication")}`;
  return info.includes("role:master")
    ? /slave\d+:.*state=online,offset=\d+,lag=[01]\b/.test(info)
    : info.includes("master_link_status:up");
}

/** What most of these servers answer; who does not answer in time has no say. */
export async function askMost<T>(servers: readonly LocalRedis[], question: (url: string) => Promise<T>): Promise<T> {
  const answers = await Promise.allSettled(servers.map(({ url }) => question(url)));
  const given = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const [most] = [...Map.groupBy(given, (answer) => JSON.stringify(answer)).values()].sort(
    (a, b) => b.length - a.length,
  );
  if (most?.[0] === undefined) throw new Error("none of the servers answers");
  return most[0];
}

/** Asks a server once, over a connection of its own; rejects where it does not answer within two seconds. */
export async function ask(url: string, command: string, ...args: (string | number)[]): Promise<unknown> {
  const client = new Redis(url, { retryStrategy: null, commandTimeout: 2_000 });
  client.on("error", () => {});
  try {
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
