import { Redis } from "ioredis";

/** `worker` waits out an outage of Redis; `front` answers its caller quickly that there is one. */
export type ConnectionRole = "worker" | "front";

/** Opens a connection that comes back by itself after a restart or a frozen server (a silent socket is given up after 30 s). */
export function connect(url: string, role: ConnectionRole): Redis {
  const forRole =
    role === "worker"
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5_000 };
  return new Redis(url, {
    ...forRole,
    retryStrategy: (times: number) => Math.min(100 * times, 2_000) * (0.8 + 0.4 * Math.random()),
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 2 : false),
    socketTimeout: 30_000,
  });
}
