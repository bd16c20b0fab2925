export { freePort, holdPorts } from "@reelqueue/system";
export * from "@reelqueue/system/testing";
export { type LocalCluster, startCluster } from "./cluster.ts";
export type { Lineup } from "./lineup.ts";
export { type LocalRedis, type RedisOptions, startLocalRedis, type TestRedis } from "./local-redis.ts";
export { pngFile, wavFile } from "./media-files.ts";
export { type App, inheritedEnv, spawnApp, spawnEntry } from "./processes.ts";
export { expectNoClientLeft, sharedRedis, uniqueCell } from "./redis.ts";
export { type Sentinels, startSentinels } from "./sentinels.ts";
