export { freePort, holdPorts } from "@reelqueue/stack";
export { type App, spawnApp, spawnEntry } from "./app.ts";
export { expectNoClientLeft } from "./clients.ts";
export { eventually, type Wait } from "./eventually.ts";
export { type LocalRedis, startLocalRedis } from "./local-redis.ts";
export { pngFile, wavFile } from "./media-files.ts";
export { type Received, type Receiver, startReceiver } from "./receiver.ts";
export { type RedisWish, startRedis, type TestRedis } from "./redis.ts";
export { sharedRedis, uniqueCell } from "./shared-redis.ts";
