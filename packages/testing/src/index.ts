export { freePort, holdPorts } from "@reelqueue/system";
export * from "@reelqueue/system/testing";
export { startCluster, startLocalRedis, startRedis, startSentinels } from "./local-redis.ts";
export { pngFile, wavFile } from "./media-files.ts";
export { type App, entryProcess, inheritedEnv, spawnApp, spawnEntry } from "./processes.ts";
export { expectNoClientLeft, sharedRedis, uniqueCell } from "./redis.ts";
