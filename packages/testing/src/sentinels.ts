import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { redisServerArguments } from "@reelqueue/stack";
import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import { type LocalRedis, startRedisProcess } from "./local-redis.ts";

/** A primary, one replica and three Sentinels, real processes all. */
export interface Sentinels {
  /** `redis+sentinel://…` */
  url: string;
  /** The primary at the start. */
  first: LocalRedis;
  /** Its replica at the start. */
  second: LocalRedis;
  /** The port that the Sentinels name as the primary's. */
  primaryPort(): Promise<number>;
  stop(): Promise<void>;
}

const name = "reel";
/** A primary waits 5 s by default before it fills a new replica. */
const atOnce = ["--repl-diskless-sync-delay", "0"];

/** Starts them with a Sentinel's patience of one second; resolves once all know of each other, so that a failover can succeed. */
export async function startSentinels(): Promise<Sentinels> {
  const scope = new AsyncDisposableStack();
  const server = async (more: string[] = []) => {
    const started = await startRedisProcess((place) => [...redisServerArguments(place), ...atOnce, ...more]);
    scope.defer(() => started.stop());
    return started;
  };
  const sentinel = async (watched: LocalRedis) => {
    const started = await startRedisProcess((place) => sentinelArguments(place, watched.port));
    scope.defer(() => started.stop());
    return started;
  };
  const first = await server();
  const second = await server(["--replicaof", `127.0.0.1 ${first.port}`]);
  await eventually(async () => (await ask(first.url, "info", "replication")).includes("state=online"), {
    describe: "the replica is in step",
    timeoutMs: 20_000,
    everyMs: 100,
  });
  const sentinels = await Promise.all([sentinel(first), sentinel(first), sentinel(first)]);
  await Promise.all(sentinels.map(({ url }) => knowsAll(url)));
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${name}`,
    first,
    second,
    primaryPort: async () => Number((await askSentinel(sentinels[0]?.url ?? "")).get("port")),
    stop: () => scope.disposeAsync(),
  };
}

function sentinelArguments({ port, directory }: { port: number; directory: string }, watched: number): string[] {
  // a Sentinel writes what it learns into its own file
  const file = join(directory, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${directory}`,
    `sentinel monitor ${name} 127.0.0.1 ${watched} 2`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 5000`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return [file, "--sentinel"];
}

async function knowsAll(url: string): Promise<void> {
  await eventually(
    async () => {
      const known = await askSentinel(url);
      return known.get("num-other-sentinels") === "2" && known.get("num-slaves") === "1";
    },
    { describe: "a Sentinel knows the replica and the others", timeoutMs: 20_000, everyMs: 100 },
  );
}

async function askSentinel(url: string): Promise<Map<string, string>> {
  const flat = (await ask(url, "sentinel", "master", name)) as string[];
  return new Map(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1] ?? ""]] : [])));
}

async function ask(url: string, command: string, ...args: string[]): Promise<string | string[]> {
  const client = new Redis(url, { retryStrategy: null, commandTimeout: 2_000 });
  client.on("error", () => {});
  try {
    return (await client.call(command, ...args)) as string | string[];
  } finally {
    client.disconnect();
  }
}
