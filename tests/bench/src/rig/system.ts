import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountConfig } from "@reelqueue/contracts";
import { createProducer, type Producer } from "@reelqueue/producer";
import { accountsAt, writeTestConfig } from "@reelqueue/system/testing";
import { type App, startLocalRedis } from "@reelqueue/testing";
import { appFile, startChild } from "./child.ts";
import { type Meters, openMeters } from "./meters.ts";

export interface SystemOptions {
  /** Environment of the simulator. */
  simulator: Record<string, string>;
  account: Partial<AccountConfig>;
  /** Environment of every worker. */
  workers: Record<string, string>;
  /** Entry files by stage; default: the apps. */
  entries?: Partial<Record<Stage, string>>;
  /** Node's flags for every worker, such as `--cpu-prof`. */
  flags?: readonly string[];
}

export type Stage = "submitter" | "poller" | "finalizer";

/** All of reelqueue, one process each: Redis with AOF `always`, the simulator, a webhook receiver and the workers. */
export interface System {
  redisUrl: string;
  simulator: App;
  receiver: App;
  producer: Producer;
  meters: Meters;
}

/** Starts the whole system with one account `hiapi` at the simulator; the scope ends it. */
export async function startSystem(scope: AsyncDisposableStack, options: SystemOptions): Promise<System> {
  const { redisUrl, simulator, receiver, pids } = await startSurroundings(scope, options.simulator);
  const env = { REDIS_URL: redisUrl, ...writeConfig(simulator.url, options.account), ...options.workers };
  for (const [stage, worker] of Object.entries(await startWorkers(env, options))) pids[stage] = scope.use(worker).pid;
  const producer = scope.use(
    await createProducer({ redisUrl, home: env.REELQUEUE_HOME, configPath: env.REELQUEUE_CONFIG, env }),
  );
  return { redisUrl, simulator, receiver, producer, meters: scope.use(openMeters(redisUrl, pids)) };
}

/** Starts one process of each stage; the caller ends them. */
export async function startWorkers(
  env: Record<string, string>,
  { entries, flags }: Pick<SystemOptions, "entries" | "flags"> = {},
): Promise<Record<Stage, App>> {
  const start = (stage: Stage) => startChild(entries?.[stage] ?? appFile(stage), stage, env, flags);
  const [submitter, poller, finalizer] = await Promise.all([start("submitter"), start("poller"), start("finalizer")]);
  return { submitter, poller, finalizer };
}

/** Starts what every measured solution needs: Redis, the simulator and a webhook receiver. */
export async function startSurroundings(scope: AsyncDisposableStack, simulatorEnv: Record<string, string>) {
  const redis = await startLocalRedis();
  scope.defer(() => redis.stop());
  const simulator = scope.use(await startChild(appFile("simulator"), "simulator", simulatorEnv));
  const receiver = scope.use(await startChild(join(import.meta.dirname, "../entries/receiver.ts"), "receiver", {}));
  const pids: Record<string, number | undefined> = {
    simulator: simulator.pid,
    receiver: receiver.pid,
    producer: process.pid,
  };
  return { redis, redisUrl: redis.url, simulator, receiver, pids };
}

/** Writes a configuration with the account `hiapi` and others at the simulator, in real time. */
export function writeConfig(
  simulatorUrl: string,
  account: Partial<AccountConfig>,
  others: Readonly<Record<string, Partial<AccountConfig>>> = {},
) {
  const accounts = accountsAt({ url: simulatorUrl, clockFactor: 1 }, { hiapi: account, ...others });
  return writeTestConfig(mkdtempSync(join(tmpdir(), "home-")), { accounts });
}
