import { join } from "node:path";
import type { AccountConfig } from "@reelqueue/contracts";
import {
  type App,
  appFile,
  type LocalRedis,
  type System,
  startLocalRedis,
  startMember,
  startSystem,
} from "@reelqueue/testing";
import { openMeters, type Pids } from "./meters.ts";
import { openProducer, writeConfig } from "./producer.ts";

export interface InstallationOptions {
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
export type Installation = Awaited<ReturnType<typeof startInstallation>>;

/** Entry file of a bench process. */
export const entryFile = (name: string): string => join(import.meta.dirname, "../entries", `${name}.ts`);

/** Starts the whole system with one account `hiapi` at the simulator; the scope ends it. */
export async function startInstallation(scope: AsyncDisposableStack, options: InstallationOptions) {
  const { system, redisUrl, simulator, receiver, pids } = await startSurroundings(scope, options.simulator);
  const env = { ...writeConfig(simulator.url, options.account), ...options.workers };
  for (const { name, pid } of Object.values(await startWorkers(system, env, options))) pids[name] = pid;
  const producer = scope.use(await openProducer(redisUrl, env));
  return { simulator, receiver, producer, meters: scope.use(openMeters(redisUrl, pids)) };
}

/** Starts one process of each stage. */
export async function startWorkers(
  system: System<LocalRedis>,
  env: Record<string, string>,
  { entries, flags = [] }: Pick<InstallationOptions, "entries" | "flags"> = {},
): Promise<Record<Stage, App>> {
  const worker = (name: Stage) => ({ name, entry: entries?.[name] ?? appFile(name), env, flags });
  const workers = [worker("submitter"), worker("poller"), worker("finalizer")] as const;
  const [submitter, poller, finalizer] = await system.start(workers, startMember);
  return { submitter, poller, finalizer };
}

/** Starts what every measured solution needs: Redis, the simulator and a webhook receiver. */
export async function startSurroundings(scope: AsyncDisposableStack, env: Record<string, string>) {
  const system = await startRedis(scope);
  const redisUrl = system.redis.url;
  const simulatorMember = { name: "simulator", entry: appFile("simulator"), env };
  const receiverMember = { name: "receiver", entry: entryFile("receiver"), env: {} };
  const [simulator, receiver] = await system.start([simulatorMember, receiverMember], startMember);
  const pids: Pids = { simulator: simulator.pid, receiver: receiver.pid, producer: process.pid };
  return { system, redisUrl, simulator, receiver, pids };
}

/** Starts a system of which only Redis runs, with AOF `always`; the scope ends it. */
export async function startRedis(scope: AsyncDisposableStack): Promise<System<LocalRedis>> {
  return await startSystem({ startRedis: () => startLocalRedis() }, async (system) => {
    scope.defer(() => system.stop());
    return system;
  });
}
