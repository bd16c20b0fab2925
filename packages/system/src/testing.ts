export { eventually, type Wait } from "./eventually.ts";
export {
  type End,
  isHealthy,
  type ProcessSpec,
  type RunningProcess,
  startProcess,
} from "./process/process.ts";
export { Supervised } from "./process/supervise.ts";
export { type LocalCluster, startCluster } from "./redis/cluster.ts";
export { type Sentinels, startSentinels } from "./redis/sentinel.ts";
export { type LocalRedis, type LocalRedisOptions, redisServerArguments, startLocalRedis } from "./redis/server.ts";
export { type RedisServers, type Topology, topologies } from "./redis/servers.ts";
export { startRedis } from "./redis/start.ts";
