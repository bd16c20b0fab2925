/** A redis-server (or valkey-server) process of ours: loopback only, and by default nothing that it acknowledged is ever lost. */
export interface RedisServer {
  port: number;
  /** Default 127.0.0.1. */
  bind?: string | undefined;
  /** Folder of its data; must exist. */
  directory: string;
  appendfsync?: "always" | "everysec" | "no" | undefined;
  /** For example `64mb`; left out: unlimited. */
  maxmemory?: string | undefined;
  maxmemoryPolicy?: string | undefined;
  /** `no` keeps everything in memory. */
  appendonly?: "yes" | "no" | undefined;
}

/** The command line of that process. */
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
    // The old name of hash-max-listpack-value: every version from 5 to Valkey 9 knows it.
    "hash-max-ziplist-value": "1024",
    ...(server.maxmemory === undefined ? {} : { maxmemory: server.maxmemory }),
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
