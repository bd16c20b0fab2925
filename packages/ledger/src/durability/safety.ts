import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";
import { parseInfo, primaryOf } from "./primary.ts";

export interface Safety {
  version: string;
  /** Sentences that say what could be lost and what to do. Empty: nothing acknowledged can be lost by one crash. */
  unsafe: string[];
  /** Worth knowing, but nothing to stop for. */
  warnings: string[];
  usedMemory: number;
  /** 0: no limit. */
  maxMemory: number;
}

/** Looks at how Redis is set up: does it keep what it acknowledges, and will it never throw keys away? */
export async function checkSafety(cell: Cell, options: { assertDurable?: boolean } = {}): Promise<Safety> {
  const [info] = (await pipeline(cell, [["info"]])) as [string];
  const facts = parseInfo(info);
  const usedMemory = Number(facts.get("used_memory") ?? 0);
  const maxMemory = Number(facts.get("maxmemory") ?? 0);
  const warnings: (string | undefined)[] = [await clusterWarning(cell, facts)];
  if (maxMemory > 0 && usedMemory > 0.8 * maxMemory) {
    warnings.push(
      `Redis uses ${Math.round((100 * usedMemory) / maxMemory)} % of its maxmemory: give it more, or shorten retentionDays.`,
    );
  }
  return {
    version: facts.get("redis_version") ?? "?",
    unsafe: [...(await crashDangers(cell, facts, options)), ...failoverDangers(cell, facts)],
    warnings: warnings.filter((warning) => warning !== undefined),
    usedMemory,
    maxMemory,
  };
}

/** What a crash of Redis would lose, and what Redis may lose by itself. */
async function crashDangers(cell: Cell, facts: Facts, options: { assertDurable?: boolean }): Promise<string[]> {
  const fsync = await setting(cell, "appendfsync");
  const unsafe: string[] = [];
  const policy = facts.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    unsafe.push(`Redis may evict keys (maxmemory-policy is ${policy}): set \`maxmemory-policy noeviction\`.`);
  }
  if (facts.get("aof_enabled") === "0") {
    unsafe.push(
      "Redis would forget what it acknowledged after a crash (appendonly is no): set `appendonly yes` and `appendfsync always`.",
    );
  } else if (fsync !== undefined && fsync !== "always") {
    unsafe.push(
      `Redis may lose the last seconds it acknowledged (appendfsync is ${fsync}): set \`appendfsync always\`.`,
    );
  } else if (fsync === undefined && !options.assertDurable) {
    unsafe.push(
      "Redis does not tell how it is set up (CONFIG is forbidden): check `appendfsync always`, then set `assertDurable: true` in reelqueue.config.json.",
    );
  }
  if (facts.get("aof_last_write_status") === "err") {
    unsafe.push("Redis cannot write its log (aof_last_write_status is err): free disk space on its machine.");
  }
  return unsafe;
}

/** What a failover would lose. */
function failoverDangers(cell: Cell, facts: Facts): string[] {
  if (facts.get("role") === "slave") {
    return [
      "This Redis is a replica and takes no writes: let REDIS_URL name the primary, or its Sentinels (redis+sentinel://host:port,host:port/<name of the primary>).",
    ];
  }
  const { replicated, replicas } = primaryOf(facts, cell.primary);
  if (!replicated || replicas > 0) return [];
  return [
    "The replica of Redis is away or not yet in step, and a failover now could lose what is acknowledged: start it again, or wait until it has caught up; to go on without one, detach it, and restart reelqueue five minutes later.",
  ];
}

async function clusterWarning(cell: Cell, facts: Facts): Promise<string | undefined> {
  if (facts.get("cluster_enabled") !== "1") return undefined;
  if ((await setting(cell, "cluster-require-full-coverage")) !== "yes") return undefined;
  return "One node of the Redis Cluster that is away stops the cells of all others too: set `cluster-require-full-coverage no` on every node.";
}

type Facts = ReadonlyMap<string, string>;

/** How far the clock of Redis is ahead of this machine's, in ms; half of the way there and back is taken off. */
export async function clockSkewMs(cell: Cell): Promise<number> {
  const askedAt = Date.now();
  const [time] = (await pipeline(cell, [["time"]])) as [[string, string]];
  return Number(time[0]) * 1_000 + Number(time[1]) / 1_000 - (askedAt + Date.now()) / 2;
}

/** A setting of the server; `undefined` where CONFIG is forbidden. */
async function setting(cell: Cell, name: string): Promise<string | undefined> {
  try {
    const [answer] = await pipeline(cell, [["config", "GET", name]]);
    if (Array.isArray(answer)) return answer[1] as string | undefined;
    return (answer as Record<string, string>)[name];
  } catch {
    return undefined;
  }
}
