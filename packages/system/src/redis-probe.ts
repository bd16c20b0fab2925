import { type RedisAddress, readRedisUrl } from "@reelqueue/contracts";
import { Cluster, Redis } from "ioredis";

/** Sends one PING; `undefined` if Redis answers, else the reason. Tries once, each step for at most `timeoutMs`. */
export async function pingRedis(url: string, timeoutMs = 2_000): Promise<string | undefined> {
  let reason: string | undefined;
  const keepFirst = (error: Error) => {
    reason ??= error.message;
  };
  let client: Redis | Cluster | undefined;
  try {
    client = open(readRedisUrl(url), timeoutMs);
    client.on("error", keepFirst);
    client.on("node error", keepFirst);
    await client.connect();
    await client.ping();
    return undefined;
  } catch (error) {
    return reason ?? (error instanceof Error ? error.message : String(error));
  } finally {
    client?.disconnect();
  }
}

/** A client that neither reconnects nor retries. */
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

/** Commands executed since Redis started, by INFO commandstats: those inside scripts count, INFO and HELLO do not. */
export async function commandsServed(url: string): Promise<number> {
  const client = new Redis(url, {
    lazyConnect: true,
    disableClientInfo: true,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    retryStrategy: null,
  });
  client.on("error", () => undefined); // the rejected command carries the error
  try {
    await client.connect();
    return totalCalls(await client.info("commandstats"));
  } finally {
    client.disconnect();
  }
}

function totalCalls(commandstats: string): number {
  const calls = commandstats.matchAll(/^cmdstat_(?!info:|hello:)[^:]+:calls=(\d+)/gm);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
