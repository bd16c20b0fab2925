import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";
import { parseInfo, primaryOf } from "./primary.ts";

export interface Safety {
  version: string;
  /** What could be lost and what to do, one sentence each. Empty: one crash loses no acknowledged write. */
  unsafe: string[];
  /** Problems that do not endanger acknowledged writes. */
  warnings: string[];
  /** Bytes. */
  usedMemory: number;
  /** Bytes; 0: no limit. */
  maxMemory: number;
}

/** Checks the settings and replicas of Redis for ways to lose acknowledged writes. */
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

/** Losses by a crash of Redis or by eviction. */
async function crashDangers(cell: Cell, facts: Facts, options: { assertDurable?: boolean }): Promise<string[]> {
  const fsync = await setting(cell, "appendfsync");
  const unsafe: string[] = [];
  const policy = facts.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    unsafe.push(`Redis may evict keys (maxmemory-policy is ${policy}): set \`maxmemory-policy noeviction\`.`);
  }
  if (facts.get("aof_enabled") === "0") {
    unsafe.push(
      "Redis loses acknowledged writes in a crash (appendonly is no): set `appendonly yes` and `appendfsync always`.",
    );
  } else if (fsync !== undefined && fsync !== "always") {
    unsafe.push(
      `Redis may lose the last second of acknowledged writes in a crash (appendfsync is ${fsync}): set \`appendfsync always\`.`,
    );
  } else if (fsync === undefined && !options.assertDurable) {
    unsafe.push(
      "The settings of Redis cannot be read (CONFIG is forbidden): check `appendfsync always`, then set `assertDurable: true` in reelqueue.config.json.",
    );
  }
  if (facts.get("aof_last_write_status") === "err") {
    unsafe.push(
      "Redis cannot write its append-only file (aof_last_write_status is err): free disk space on its machine.",
    );
  }
  return unsafe;
}

/** Losses by a failover. */
function failoverDangers(cell: Cell, facts: Facts): string[] {
  if (facts.get("role") === "slave") {
    return [
      "This Redis is a replica and accepts no writes: set REDIS_URL to the primary or its Sentinels (redis+sentinel://host:port,host:port/<name of the primary>).",
    ];
  }
  const { replicated, replicas } = primaryOf(facts, cell.primary);
  if (!replicated || replicas > 0) return [];
  return [
    "The replica of Redis is not reachable or not in step, and a failover would lose acknowledged writes: start it or wait until it is in step; to run without a replica, detach it and restart reelqueue five minutes later.",
  ];
}

async function clusterWarning(cell: Cell, facts: Facts): Promise<string | undefined> {
  if (facts.get("cluster_enabled") !== "1") return undefined;
  if ((await setting(cell, "cluster-require-full-coverage")) !== "yes") return undefined;
  return "If one node of the Redis Cluster fails, the cells of all nodes stop: set `cluster-require-full-coverage no` on every node.";
}

type Facts = ReadonlyMap<string, string>;

/**
 * Clock of Redis minus the clock of this machine, in ms; assumes that both directions of the network take equally long.
 */
export async function clockSkewMs(cell: Cell): Promise<number> {
  const askedAt = Date.now();
  const [time] = (await pipeline(cell, [["time"]])) as [[string, string]];
  return Number(time[0]) * 1_000 + Number(time[1]) / 1_000 - (askedAt + Date.now()) / 2;
}

/** A setting of the server; `undefined` if CONFIG is forbidden. */
async function setting(cell: Cell, name: string): Promise<string | undefined> {
  try {
    const [answer] = await pipeline(cell, [["config", "GET", name]]);
    if (Array.isArray(answer)) return answer[1] as string | undefined;
    return (answer as Record<string, string>)[name];
  } catch {
    return undefined;
  }
}
