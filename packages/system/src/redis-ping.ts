import { type RedisAddress, readRedisUrl } from "@reelqueue/contracts";
import { Cluster, Redis } from "ioredis";

/** Asks once; answers `undefined` if Redis takes commands, else why not. */
export async function pingRedis(url: string, timeoutMs = 2_000): Promise<string | undefined> {
  let reason: string | undefined;
  const note = (error: Error) => {
    reason ??= error.message;
  };
  let client: Redis | Cluster | undefined;
  try {
    client = open(readRedisUrl(url), timeoutMs);
    client.on("error", note);
    client.on("node error", note);
    await client.connect();
    await client.ping();
    return undefined;
  } catch (error) {
    return reason ?? (error instanceof Error ? error.message : String(error));
  } finally {
    client?.disconnect();
  }
}

/** A client that tries once. */
function open(address: RedisAddress, timeoutMs: number): Redis | Cluster {
  const once = { connectTimeout: timeoutMs, commandTimeout: timeoutMs, maxRetriesPerRequest: 0 };
  switch (address.kind) {
    case "single":
      return new Redis(address.url, { ...once, lazyConnect: true, retryStrategy: null });
    case "sentinel": {
      const { nodes, kind: _, tls, ...rest } = address;
      return new Redis({
        ...once,
        ...rest,
        sentinels: nodes,
        ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
        sentinelCommandTimeout: timeoutMs,
        sentinelRetryStrategy: () => null,
        lazyConnect: true,
        retryStrategy: null,
      });
    }
    case "cluster": {
      const { username, password, tls } = address;
      const login = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
      return new Cluster(address.nodes, {
        redisOptions: { ...once, ...login, ...(tls && { tls: {} }) },
        lazyConnect: true,
        clusterRetryStrategy: () => null,
      });
    }
  }
}
