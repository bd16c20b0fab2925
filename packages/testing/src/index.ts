export { freePort, holdPorts } from "@reelqueue/system";
export {
  eventually,
  type LocalCluster,
  type LocalRedis,
  type RedisServers,
  type Sentinels,
  type Topology,
  topologies,
  type Wait,
} from "@reelqueue/system/testing";
export { startCluster, startLocalRedis, startRedis, startSentinels } from "./local-redis.ts";
export { pngFile, wavFile } from "./media-files.ts";
export { type App, entryProcess, spawnApp, spawnEntry } from "./processes.ts";
export { type Received, type Receiver, startReceiver } from "./receiver.ts";
export { expectNoClientLeft, sharedRedis, uniqueCell } from "./redis.ts";
