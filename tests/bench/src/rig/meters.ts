import { readFileSync } from "node:fs";
import { callsIn } from "@reelqueue/testing";
import { Redis } from "ioredis";

/** Cumulative counters at one moment. */
export interface Reading {
  atMs: number;
  /** Commands run by Redis, including those inside scripts. */
  commands: number;
  scripts: number;
  /** CPU time by process. */
  cpuMs: Record<string, number>;
}

/** Of processes by name; `undefined`: its program could not be run. */
export type Pids = Record<string, number | undefined>;
export type Usage = ReturnType<typeof usagePer>;
export type Meters = ReturnType<typeof openMeters>;

/** Meters of one Redis and of processes by name. */
export function openMeters(redisUrl: string, pids: Readonly<Pids>) {
  const redis = new Redis(redisUrl);
  return {
    read: async (): Promise<Reading> => {
      const [stats, cpu] = await Promise.all([redis.info("commandstats"), redis.info("cpu")]);
      const nodes = Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid)] as const);
      return {
        atMs: performance.now(),
        commands: callsIn(stats, () => true),
        scripts: callsIn(stats, (name) => name === "evalsha" || name === "eval"),
        cpuMs: { redis: redisCpuMs(cpu), ...Object.fromEntries(nodes) },
      };
    },
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

/** Usage per item between two readings. */
export function usagePer(items: number, before: Reading, after: Reading) {
  const cpu = Object.entries(after.cpuMs).map(([name, ms]) => [name, (ms - (before.cpuMs[name] ?? 0)) / items]);
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    commands: (after.commands - before.commands) / items,
    scripts: (after.scripts - before.scripts) / items,
    cpuMs: Object.fromEntries(cpu) as Record<string, number>,
  };
}

function redisCpuMs(info: string): number {
  const lines = info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm);
  return [...lines].reduce((sum, [, seconds]) => sum + Number(seconds) * 1_000, 0);
}

const ticksPerSecond = 100;

/** User and system time of a process so far, in steps of 10 ms; NaN without `/proc`. */
function cpuMsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}
