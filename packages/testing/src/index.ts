export { freePort, holdPorts } from "@reelqueue/system";
export * from "@reelqueue/system/testing";
export { startCluster, startLocalRedis, startRedis, startSentinels } from "./local-redis.ts";
export { pngFile, wavFile } from "./media-files.ts";
export { type App, appFile, inheritedEnv, ofTest, spawnApp, startMember } from "./processes.ts";
export { expectNoClientLeft, sharedRedis, uniqueCell } from "./redis.ts";
