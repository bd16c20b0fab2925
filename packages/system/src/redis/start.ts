import type { Machine } from "../machine.ts";
import { startCluster } from "./cluster.ts";
import { startSentinels } from "./sentinel.ts";
import { type LocalRedisOptions, startLocalRedis } from "./server.ts";
import { type RedisServers, redisServers, type Topology } from "./servers.ts";

/** Starts the servers of a topology. `options`: of one server alone. */
export async function startRedis(
  machine: Machine,
  topology: Topology,
  options?: LocalRedisOptions,
): Promise<RedisServers> {
  if (topology === "sentinels") return await startSentinels(machine);
  if (topology === "cluster") return await startCluster(machine, { replicas: true });
  const primary = await startLocalRedis(machine, options);
  return await redisServers({
    topology,
    url: primary.url,
    servers: [primary],
    sentinels: [],
    lineup: async () => ({ primary, replicas: [], others: [] }),
    whole: async () => {},
  });
}
