import * as system from "@reelqueue/system/testing";

const machine = { env: process.env, log: console.log };

/** Starts a redis-server on a free port with a new data folder, which `stop` removes. */
export const startLocalRedis = system.startLocalRedis.bind(undefined, machine);
/** Starts the servers of a topology. */
export const startRedis = system.startRedis.bind(undefined, machine);
export const startSentinels = system.startSentinels.bind(undefined, machine);
/** Starts a Cluster, without replicas by default. */
export const startCluster = system.startCluster.bind(undefined, machine);
