import { type ClusterAddress, readRedisUrl, type SentinelAddress } from "@reelqueue/contracts";
import { Cluster, Redis, type SentinelConnectionOptions, SentinelConnector } from "ioredis";

/** `worker`: commands wait during an outage of Redis. `front`: commands fail fast. */
export type ConnectionRole = "worker" | "front";

export type Connection = Redis | Cluster;

/**
 * Opens a connection that reconnects: after a restart, after a failover (also of a primary that froze without closing
 * its sockets) and after a server that stops answering.
 */
export function connect(url: string, role: ConnectionRole): Connection {
  const address = readRedisUrl(url);
  switch (address.kind) {
    case "single":
      return new Redis(address.url, optionsFor(role));
    case "sentinel":
      return new Redis({ ...optionsFor(role), ...sentinelOptions(address) });
    case "cluster":
      return new Cluster(address.nodes, clusterOptions(address, role));
  }
}

function optionsFor(role: ConnectionRole) {
  return {
    ...(role === "worker"
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5_000 }),
    retryStrategy,
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? (2 as const) : false),
    socketTimeout: 30_000,
  };
}

const retryStrategy = (times: number): number => Math.min(100 * times, 2_000) * (0.8 + 0.4 * Math.random());

function sentinelOptions({ nodes, name, db, tls, ...login }: SentinelAddress) {
  return {
    sentinels: nodes,
    name,
    db,
    ...(login.username !== undefined && { username: login.username }),
    ...(login.password !== undefined && { password: login.password }),
    ...(login.sentinelUsername !== undefined && { sentinelUsername: login.sentinelUsername }),
    ...(login.sentinelPassword !== undefined && { sentinelPassword: login.sentinelPassword }),
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: (times: number) => Math.min(100 * times, 1_000),
    // a frozen Sentinel must not block the query of the others
    sentinelCommandTimeout: 1_000,
    connectTimeout: 3_000,
    // a frozen primary closes no socket: only the Sentinels announce the new one
    failoverDetector: true,
    Connector: UninterruptedConnector,
  };
}

/**
 * Disconnects the failover detector of the lost connection before it looks for the new primary: on news of a failover
 * the detector would end the search, and with it the client, for good.
 */
class UninterruptedConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override connect(...report: Parameters<SentinelConnector["connect"]>) {
    this.disconnect();
    return super.connect(...report);
  }
}

function clusterOptions({ tls, username, password }: ClusterAddress, role: ConnectionRole) {
  const waits = role === "worker";
  return {
    redisOptions: {
      ...(waits ? { maxRetriesPerRequest: null } : { maxRetriesPerRequest: 1, commandTimeout: 5_000 }),
      // longer than BullMQ blocks (10 s); bounds the wait for a frozen node without a replica
      socketTimeout: 15_000,
      connectTimeout: 3_000,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls && { tls: {} }),
    },
    enableOfflineQueue: waits,
    // the check asks any node, even a frozen one
    enableReadyCheck: false,
    clusterRetryStrategy: retryStrategy,
    // a frozen primary closes no socket: the slots table of the other nodes replaces it
    slotsRefreshInterval: 3_000,
    retryDelayOnFailover: 200,
    retryDelayOnClusterDown: 200,
    // `front` waits about 15 s for a failover before a command fails
    maxRedirections: waits ? 100 : 16,
  };
}
