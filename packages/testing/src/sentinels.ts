import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { redisServerArguments } from "@reelqueue/system";
import { eventually } from "@reelqueue/system/testing";
import { allInSync, ask, askMost, type Lineup } from "./lineup.ts";
import { type LocalRedis, startRedisProcess } from "./local-redis.ts";

/** A primary, one replica and three Sentinels, each a real process. */
export interface Sentinels {
  /** `redis+sentinel://…` */
  url: string;
  /** The primary at the start. */
  first: LocalRedis;
  /** Its replica at the start. */
  second: LocalRedis;
  sentinels: readonly LocalRedis[];
  /** The primary's port by the majority of the Sentinels. */
  primaryPort(): Promise<number>;
  lineup(): Promise<Lineup>;
  /** Resolves once the Sentinels know each other and the replica, and it is in sync: a failover can succeed. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const name = "reel";
/** By default a primary waits 5 s before it syncs a new replica. */
const syncAtOnce = ["--repl-diskless-sync-delay", "0"];

/** Starts them with `down-after-milliseconds` 2000; resolves once a failover can succeed. */
export async function startSentinels(): Promise<Sentinels> {
  const scope = new AsyncDisposableStack();
  const start = async (args: Parameters<typeof startRedisProcess>[0]) => {
    const started = await startRedisProcess(args);
    scope.defer(() => started.stop());
    return started;
  };
  const [first, second] = [await start(serverArguments), await start(serverArguments)];
  await ask(second.url, "replicaof", "127.0.0.1", first.port);
  await ask(second.url, "config", "rewrite");
  const both = [first, second];
  await allInSync(both);
  const startSentinel = () => start((place) => sentinelArguments(place, first.port));
  const sentinels = await Promise.all([startSentinel(), startSentinel(), startSentinel()]);
  const primaryPort = () => askMost(sentinels, async (url) => Number((await askSentinel(url)).get("port")));
  const whole = async () => {
    await Promise.all(sentinels.map(({ url }) => untilKnown(url)));
    await allInSync(both);
  };
  await whole();
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${name}`,
    first,
    second,
    sentinels,
    primaryPort,
    lineup: async () => {
      const [primary, replica] = (await primaryPort()) === first.port ? [first, second] : [second, first];
      return { primary, replicas: [replica], others: [] };
    },
    whole,
    stop: () => scope.disposeAsync(),
  };
}

function serverArguments(place: { port: number; directory: string }): string[] {
  return [configFile(place), ...redisServerArguments(place), ...syncAtOnce];
}

/** The Sentinels store there which primary the server replicates, for its next start. */
function configFile({ directory }: { directory: string }): string {
  const file = join(directory, "redis.conf");
  if (!existsSync(file)) writeFileSync(file, "");
  return file;
}

function sentinelArguments({ port, directory }: { port: number; directory: string }, watched: number): string[] {
  // a Sentinel stores its state in this file and reads it at its next start
  const file = join(directory, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${directory}`,
    `sentinel monitor ${name} 127.0.0.1 ${watched} 2`,
    // Sentinels ping once a second: below two of these, they give up a live primary right after a failover
    `sentinel down-after-milliseconds ${name} 2000`,
    `sentinel failover-timeout ${name} 5000`,
  ];
  if (!existsSync(file)) writeFileSync(file, `${lines.join("\n")}\n`);
  return [file, "--sentinel"];
}

async function untilKnown(url: string): Promise<void> {
  await eventually(
    async () => {
      const known = await askSentinel(url);
      return known.get("num-other-sentinels") === "2" && known.get("num-slaves") === "1";
    },
    { describe: "a Sentinel knows the replica and the other Sentinels", timeoutMs: 20_000, everyMs: 100 },
  );
}

async function askSentinel(url: string): Promise<Map<string, string>> {
  const flat = (await ask(url, "sentinel", "master", name)) as string[];
  return new Map(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1] ?? ""]] : [])));
}
