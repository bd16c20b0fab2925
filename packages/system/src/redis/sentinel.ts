import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../eventually.ts";
import type { Machine } from "../machine.ts";
import { ask } from "./probe.ts";
import { type RedisPlace, redisServerArguments, startRedisProcess } from "./server.ts";
import { allInSync, askMost, redisServers } from "./servers.ts";

const name = "reel";
/** By default a primary waits 5 s before it syncs a new replica. */
const syncAtOnce = ["--repl-diskless-sync-delay", "0"];

/** A primary, one replica and three Sentinels. */
export type Sentinels = Awaited<ReturnType<typeof startSentinels>>;

/** Starts them with `down-after-milliseconds` 2000; resolves once a failover can succeed. */
export async function startSentinels(machine: Machine) {
  const startServer = () => startRedisProcess(machine, serverArguments);
  const servers = await Promise.all([startServer(), startServer()]);
  /** The primary and its replica at the start. */
  const [first, second] = servers;
  await ask(second.url, "replicaof", "127.0.0.1", first.port);
  await ask(second.url, "config", "rewrite");
  await allInSync(servers);
  const startSentinel = () => startRedisProcess(machine, (place) => sentinelArguments(place, first.port));
  const sentinels = await Promise.all([startSentinel(), startSentinel(), startSentinel()]);
  const primaryPort = () => askMost(sentinels, async (url) => Number((await askSentinel(url)).get("port")));
  const whole = async () => {
    await Promise.all(sentinels.map(({ url }) => untilKnown(url)));
    await allInSync(servers);
  };
  await whole();
  return redisServers({
    topology: "sentinels",
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${name}`,
    ...{ first, second, servers, sentinels, whole },
    lineup: async () => {
      const [primary, replica] = (await primaryPort()) === first.port ? [first, second] : [second, first];
      return { primary, replicas: [replica], others: [] };
    },
  });
}

function serverArguments(place: RedisPlace): string[] {
  return [configFile(place), ...redisServerArguments(place), ...syncAtOnce];
}

/** The Sentinels store there which primary the server replicates, for its next start. */
function configFile({ directory }: { directory: string }): string {
  const file = join(directory, "redis.conf");
  if (!existsSync(file)) writeFileSync(file, "");
  return file;
}

function sentinelArguments({ port, directory }: RedisPlace, watched: number): string[] {
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
