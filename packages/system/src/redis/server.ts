import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Machine } from "../machine.ts";
import { freePort } from "../ports.ts";
import { type ProcessSpec, type RunningProcess, startProcess } from "../process/process.ts";
import { findRedisServer, noRedis } from "./binary.ts";
import { pingRedis } from "./probe.ts";

export interface Redis {
  url: string;
  /** Its origin, for the terminal: `REDIS_URL`, the program, or a container. */
  how: string;
  stop(): Promise<void>;
}

export interface RedisOptions extends Machine {
  /** Folder of the workspace, which holds docker-compose.yml. */
  root: string;
  home: string;
  /** An existing Redis; it is used and never stopped. */
  url: string | undefined;
  /** Port of a started server; default: that of its last start, else any free one. */
  port?: number | undefined;
  /** Aborted: the start is abandoned. */
  signal?: AbortSignal;
}

/** Settings of a redis-server or valkey-server. By default it listens on loopback and loses no acknowledged write. */
export interface RedisSettings {
  /** Default 127.0.0.1. */
  bind?: string;
  /** For example `64mb`; default: unlimited. */
  maxmemory?: string;
  /** `no` keeps everything in memory. */
  appendonly?: "yes" | "no";
}

/** The port of a server and its data folder, which must exist. */
export interface RedisPlace {
  port: number;
  directory: string;
}

/** The command line of such a process. */
export function redisServerArguments({ port, directory }: RedisPlace, settings: RedisSettings = {}): string[] {
  const all: Record<string, string> = {
    port: `${port}`,
    bind: "127.0.0.1",
    dir: directory,
    daemonize: "no",
    save: "",
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    // The old name of hash-max-listpack-value: every version from Redis 5 to Valkey 9 accepts it.
    "hash-max-ziplist-value": "1024",
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
}

/** A redis-server process of one test; it can be killed, frozen and restarted with its data. */
export type LocalRedis = ReturnType<typeof localRedis>;

export interface LocalRedisOptions extends RedisSettings {
  /** Further variables of the process. */
  env?: Record<string, string>;
}

/** Starts a redis-server on a free port with a new data folder, which `stop` removes. */
export function startLocalRedis(machine: Machine, { env, ...settings }: LocalRedisOptions = {}): Promise<LocalRedis> {
  return startRedisProcess(machine, (place) => redisServerArguments(place, settings), env);
}

const startAttempts = 3;

/** As `startLocalRedis`, with any arguments: a replica, a Sentinel, a cluster node. */
export async function startRedisProcess(
  machine: Machine,
  args: (place: RedisPlace) => string[],
  env: Record<string, string> = {},
): Promise<LocalRedis> {
  const command = await findRedisServer(machine, { install: true });
  if (command === undefined) throw new Error(noRedis);
  for (let attempt = 1; ; attempt += 1) {
    const place = { port: await freePort(), directory: mkdtempSync(join(tmpdir(), "reelqueue-redis-")) };
    const server = localRedis(place, { command, args: args(place), env: { ...machine.env, ...env } });
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === startAttempts) throw error;
    }
  }
}

function localRedis({ port, directory }: RedisPlace, program: Pick<ProcessSpec, "command" | "args" | "env">) {
  const url = `redis://127.0.0.1:${port}`;
  const ready = async () => (await pingRedis(url)) === undefined;
  const log = join(directory, "redis.log");
  let run: RunningProcess | undefined;
  /** Sends the signal, by default SIGKILL; resolves at the exit, or at once for SIGSTOP and SIGCONT. */
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    run?.kill(signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await run?.exited;
  };
  const stop = async () => {
    await kill();
    // a snapshot or a rewrite is another process, which writes a moment longer
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  };
  return {
    ...{ port, directory, url, how: `${program.command} process`, kill },
    pid: () => run?.pid,
    alive: () => run?.alive() ?? false,
    /** Stops it by SIGTERM if it runs, then starts it on the same port with the same data. */
    restart: async () => {
      await kill("SIGTERM");
      run = startProcess({ name: "Redis", ...program, log, ready, readyWithinMs: 30_000, endsWithUs: true });
      await run.ready();
    },
    ...{ stop, [Symbol.asyncDispose]: stop },
  };
}
