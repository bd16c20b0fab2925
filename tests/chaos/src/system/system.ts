import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cell } from "@reelqueue/ledger";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { type Simulator, type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import { accountsAt, simulatorSecrets, writeTestConfig } from "@reelqueue/system/testing";
import {
  entryProcess,
  type FaultProxy,
  holdPorts,
  type Receiver,
  type RedisServers,
  startFaultProxy,
  startReceiver,
  startRedis,
  type Topology,
} from "@reelqueue/testing";
import { leases } from "../entries/leases.ts";
import { buildDisks, type Disk } from "./disk.ts";
import { type ProcessEnd, type Role, type SupervisedProcess, supervise } from "./supervised-process.ts";

/** A whole system under fault injection: every process is supervised, every connection passes a fault proxy. */
export interface ChaosSystem extends AsyncDisposable {
  redis: RedisServers;
  simulator: Simulator;
  /** Proxy of all workers to the simulator. */
  simulatorProxy: FaultProxy;
  receiver: Receiver;
  processes: SupervisedProcess[];
  /** Disks of Redis and of the outputs; `undefined` where the disk shim cannot be built. */
  disks: { redis: Disk; outputs: Disk } | undefined;
  /** Root URL of the API. */
  apiUrl: string;
  /** Direct access for the checker, without a proxy. */
  installation: Installation;
  home: string;
  /** Ended processes, oldest first. */
  processEnds: ProcessEnd[];
}

export interface SystemOptions {
  redis: Topology;
  /** Folder for the logs of the processes. */
  logs: string;
  seed: number;
  /** Processes of each role; the API has one. */
  workers: number;
  simulator?: SimulatorOptions;
  /** Runs the plain BullMQ solution instead of reelqueue. */
  plain?: boolean;
  /** Further variables of every process. */
  env?: Record<string, string>;
  accounts?: Record<string, object>;
}

export const clockFactor = 60;
export const accountNames = ["hiapi", "jiekou", "toapis", "ark", "xingchao"] as const;
export type AccountName = (typeof accountNames)[number];
/** Delay of `accept-late` tasks, in real ms: longer than the polls that find nothing, shorter than the quiet window. */
const lateMs = 3_000;

export async function startChaosSystem(options: SystemOptions): Promise<ChaosSystem> {
  const scope = new AsyncDisposableStack();
  try {
    return await open(scope, options);
  } catch (error) {
    await scope.disposeAsync();
    throw error;
  }
}

async function open(scope: AsyncDisposableStack, options: SystemOptions): Promise<ChaosSystem> {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-chaos-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(options.logs, { recursive: true });
  const disks = await openDisks(home);
  const redis = await startRedis(options.redis, disks && { env: disks.redis.env });
  scope.defer(() => redis.stop());
  const simulatorProxy = scope.use(await startFaultProxy());
  const simulator = scope.use(await startSimulator(simulatorOptions(options, simulatorProxy)));
  simulatorProxy.target = simulator.port;
  const ports = await portsFor(scope, membersOf(options.workers).length);
  const [apiPort = 0] = ports;
  const env = environment(home, simulatorProxy, apiPort, { ...options, cell: redis.cell });
  const installation = await openContext(scope, {
    redisUrl: redis.url,
    home,
    configPath: env.REELQUEUE_CONFIG,
    env,
    role: "worker",
    log: createLogger({ name: "chaos", level: "silent" }),
  });
  const receiver = scope.use(await startReceiver({ secret: installation.secrets.webhookSecrets("default")[0] ?? "" }));
  const processEnds: ProcessEnd[] = [];
  const slotEnv = { ours: env, plain: plainEnvironment(home, simulatorProxy, installation) }[
    options.plain ? "plain" : "ours"
  ];
  const shared = { redis, ports, env: slotEnv, outputsDisk: disks?.outputs, processEnds };
  const processes = await superviseAll(scope, options, shared);
  scope.defer(async () => void (await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()))));
  await Promise.all(processes.map((process) => process.ready()));
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  return {
    ...{ redis, simulator, simulatorProxy, receiver, processes, apiUrl, installation, home, processEnds, disks },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

/** Reserves ports, so that no other program takes one while its process restarts. The first is the API's. */
async function portsFor(scope: AsyncDisposableStack, count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const block = await holdPorts(10);
    scope.defer(block.release);
    ports.push(...block.ports);
  }
  return ports;
}

interface Shared {
  redis: RedisServers;
  /** One for each process. */
  ports: readonly number[];
  env: Record<string, string>;
  outputsDisk: Disk | undefined;
  processEnds: ProcessEnd[];
}

async function superviseAll(
  scope: AsyncDisposableStack,
  options: SystemOptions,
  shared: Shared,
): Promise<SupervisedProcess[]> {
  const { redis, ports, env, outputsDisk, processEnds } = shared;
  const processes: SupervisedProcess[] = [];
  for (const [i, { name, role }] of membersOf(options.workers).entries()) {
    const redisProxy =
      redis.topology === "alone" ? scope.use(await startFaultProxy((await redis.lineup()).primary.port)) : undefined;
    const url = redisProxy === undefined ? redis.url : `redis://127.0.0.1:${redisProxy.port}`;
    const own = { ROLE: role, PORT: `${ports[i]}`, HEALTH_PORT: `${ports[i]}`, REDIS_URL: url };
    const disk = role === "finalizer" ? outputsDisk?.env : {};
    const spec = entryProcess(
      options.plain ? plainEntry : processEntry,
      name,
      { ...env, ...disk, ...options.env, ...own },
      join(options.logs, `${name}.log`),
    );
    processes.push(supervise({ name, role, redisProxy }, spec, (end) => void processEnds.push(end)));
  }
  return processes;
}

const processEntry = join(import.meta.dirname, "../entries/process.ts");
/** The processes of the plain solution, shared with the benches. */
const plainEntry = join(import.meta.dirname, "../../../bench/src/entries/plain.ts");

/** Environment of the plain solution at JieKou, with the same time limits. */
function plainEnvironment(home: string, simulatorProxy: FaultProxy, { secrets }: Installation): Record<string, string> {
  return {
    PROVIDER: "jiekou",
    PROVIDER_URL: `http://127.0.0.1:${simulatorProxy.port}/jiekou`,
    CONCURRENCY: "20",
    TIMEOUT_MS: `${leases.postMs}`,
    FIRST_POLL_MS: "1000",
    LONGEST_POLL_MS: "5000",
    OUTPUTS: join(home, "outputs"),
    SECRET: secrets.webhookSecrets("default")[0] ?? "",
  };
}

async function openDisks(home: string): Promise<ChaosSystem["disks"]> {
  const open = await buildDisks(home);
  return open && { redis: await open("disk-of-redis"), outputs: await open("disk-of-outputs") };
}

function membersOf(workers: number): { name: string; role: Role }[] {
  const roles = ["submitter", "poller", "finalizer"] as const;
  const many = roles.flatMap((role) => Array.from({ length: workers }, (_, i) => ({ name: `${role}-${i + 1}`, role })));
  return [{ name: "api-1", role: "api" }, ...many];
}

function simulatorOptions(options: SystemOptions, simulatorProxy: FaultProxy): SimulatorOptions {
  return {
    clockFactor,
    seed: options.seed,
    keepLog: 1_000_000,
    outputs: "tiny",
    allowHttpCallbacks: true,
    acceptLateMs: lateMs * clockFactor,
    callbackSecret: simulatorSecrets.REELQUEUE_SIMULATOR_CALLBACK_SECRET,
    publicUrl: `http://127.0.0.1:${simulatorProxy.port}`,
    limits: { hiapi: { requestsPerMinute: 1_200, concurrent: 40 }, jiekou: { requestsPerMinute: 1_200 } },
    ...options.simulator,
  };
}

function environment(
  home: string,
  simulatorProxy: FaultProxy,
  apiPort: number,
  { accounts = {}, cell }: Pick<SystemOptions, "accounts"> & { cell: string | undefined },
): Record<string, string> & { REELQUEUE_CONFIG: string } {
  const address = { url: `http://127.0.0.1:${simulatorProxy.port}`, clockFactor };
  const changes = (name: AccountName) => ({
    limits: { inFlight: 40, requestsPerMinute: name === "toapis" ? 300 : 1_200 },
    ...accounts[name],
  });
  const config = {
    accounts: accountsAt(address, Object.fromEntries(accountNames.map((name) => [name, changes(name)]))),
    outputs: { minFreeBytes: 16_777_216 },
    ...(cell !== undefined && { cell }),
  };
  return {
    ...writeTestConfig(home, config),
    PUBLIC_URL: `http://127.0.0.1:${apiPort}`,
    LOG_LEVEL: "warn",
  };
}

/** Keys of the cell that match the pattern. */
export async function keysOf({ redis, prefix }: Cell, pattern: string): Promise<string[]> {
  // On a Cluster the first command routes the pipeline to the node of the cell.
  const answers = await redis
    .pipeline([
      ["exists", prefix],
      ["keys", `${prefix}:${pattern}`],
    ])
    .exec();
  const [error, keys] = answers?.[1] ?? [];
  if (error) throw error;
  return keys as string[];
}
