import type { Machine } from "./machine.ts";

export interface Redis {
  url: string;
  /** Its origin, for the terminal: `REDIS_URL`, the program and its data folder, or Docker Compose. */
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
export interface RedisServer {
  port: number;
  /** Default 127.0.0.1. */
  bind?: string | undefined;
  /** Data folder; must exist. */
  directory: string;
  appendfsync?: "always" | "everysec" | "no" | undefined;
  /** For example `64mb`; default: unlimited. */
  maxmemory?: string | undefined;
  maxmemoryPolicy?: string | undefined;
  /** `no` keeps everything in memory. */
  appendonly?: "yes" | "no" | undefined;
}

/** The command line of such a process. */
export function redisServerArguments(server: RedisServer): string[] {
  const settings: Record<string, string> = {
    port: `${server.port}`,
    bind: server.bind ?? "127.0.0.1",
    dir: server.directory,
    daemonize: "no",
    save: "",
    appendonly: server.appendonly ?? "yes",
    appendfsync: server.appendfsync ?? "always",
    "maxmemory-policy": server.maxmemoryPolicy ?? "noeviction",
    // The old name of hash-max-listpack-value: every version from Redis 5 to Valkey 9 accepts it.
    "hash-max-ziplist-value": "1024",
    ...(server.maxmemory === undefined ? {} : { maxmemory: server.maxmemory }),
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
