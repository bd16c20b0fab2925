import { type RedisAddress, readRedisUrl } from "@reelqueue/contracts";
import { Cluster, Redis } from "ioredis";

/** Sends one PING; `undefined` if Redis answers, else the reason. Tries once, each step for at most `timeoutMs`. */
export async function pingRedis(url: string, timeoutMs = 2_000): Promise<string | undefined> {
  return await withClient(url, timeoutMs, (client) => client.ping()).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** Sends one command over a new connection; tries once, each step for at most 2 s. */
export function ask(url: string, command: string, ...args: (string | number)[]): Promise<unknown> {
  return withClient(url, 2_000, (client) => client.call(command, ...args));
}

/** Rejects with the first error of the connection, which is the cause of the others. */
async function withClient<T>(
  url: string,
  timeoutMs: number,
  action: (client: Redis | Cluster) => Promise<T>,
): Promise<T> {
  let first: Error | undefined;
  const keepFirst = (error: Error) => {
    first ??= error;
  };
  const client = open(readRedisUrl(url), timeoutMs);
  client.on("error", keepFirst);
  client.on("node error", keepFirst);
  try {
    await client.connect();
    return await action(client);
  } catch (error) {
    throw first ?? error;
  } finally {
    client.disconnect();
  }
}

/** A client that neither reconnects nor retries. */
function open(address: RedisAddress, timeoutMs: number): Redis | Cluster {
  const once = {
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
  };
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
  const stats = `${await withClient(url, 5_000, (client) => client.info("commandstats"))}`;
  return callsIn(stats, (command) => command !== "info" && command !== "hello");
}

/** The calls of some commands in an answer to INFO commandstats. */
export function callsIn(commandstats: string, counts: (command: string) => boolean): number {
  const lines = commandstats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return [...lines].reduce((sum, [, command = "", calls]) => sum + (counts(command) ? Number(calls) : 0), 0);
}
