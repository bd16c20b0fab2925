import { join } from "node:path";
import type { Cell } from "@reelqueue/ledger";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import {
  accountsAt,
  type FaultProxy,
  holdPorts,
  ofTest,
  type RedisServers,
  type System,
  simulatorSecrets,
  startFaultProxy,
  startReceiver,
  startRedis,
  startSystem,
  type Topology,
  writeTestConfig,
} from "@reelqueue/testing";
import { leases } from "../entries/leases.ts";
import { buildDisks } from "./disk.ts";
import { type ProcessEnd, type Role, supervise } from "./supervised-process.ts";

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
}

export const clockFactor = 60;
export const accountNames = ["hiapi", "jiekou", "toapis", "ark", "xingchao"] as const;
export type AccountName = (typeof accountNames)[number];
/** Delay of `accept-late` tasks, in real ms: longer than the polls that find nothing, shorter than the quiet window. */
const lateMs = 3_000;

/** A whole system under fault injection: every process is supervised, every connection passes a fault proxy. */
export type ChaosSystem = Awaited<ReturnType<typeof startChaosSystem>>;

export async function startChaosSystem(options: SystemOptions) {
  let disks: Disks;
  const startServers = async (home: string) => {
    disks = await openDisks(home);
    return await startRedis(options.redis, disks && { env: disks.redis.env });
  };
  return await startSystem({ startRedis: startServers }, (system) => begin(system, disks, options));
}

async function begin(system: System<RedisServers>, disks: Disks, options: SystemOptions) {
  const { redis, home, scope } = system;
  /** Proxy of all workers to the simulator. */
  const simulatorProxy = scope.use(await startFaultProxy());
  const simulator = scope.use(await startSimulator(simulatorOptions(options, simulatorProxy)));
  simulatorProxy.target = simulator.port;
  const slots = await slotsFor(scope, options.workers);
  /** Root URL of the API. */
  const apiUrl = `http://127.0.0.1:${slots[0]?.port}`;
  const env = environment(home, simulatorProxy, apiUrl, redis.cell);
  const log = createLogger({ name: "chaos", level: "silent" });
  const context = { redisUrl: redis.url, home, configPath: env.REELQUEUE_CONFIG, env, role: "worker", log } as const;
  /** Direct access for the checker, without a proxy. */
  const installation = await openContext(scope, context);
  const receiver = scope.use(await startReceiver({ secret: installation.secrets.webhookSecrets("default")[0] ?? "" }));
  const own = options.plain ? plainEnvironment(home, simulatorProxy, installation) : env;
  const program = { entry: options.plain ? plainEntry : processEntry, env: { ...own, ...options.env } };
  const members = await Promise.all(slots.map((slot) => memberOf(slot, program, system, disks)));
  /** Ended processes, oldest first. */
  const processEnds: ProcessEnd[] = [];
  const processes = await system.start(members, (spec, { name, role, redisProxy }) => {
    const process = { ...ofTest(spec), log: join(options.logs, `${name}.log`) };
    return supervise({ name, role, redisProxy }, process, (end) => void processEnds.push(end));
  });
  return {
    ...{ redis, simulator, simulatorProxy, receiver, processes, apiUrl, installation, home, processEnds, disks },
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}

/** The processes, each with a reserved port, so that no other program takes it during a restart. The first is the API. */
async function slotsFor(scope: AsyncDisposableStack, workers: number) {
  const roles = ["submitter", "poller", "finalizer"] as const;
  const many = roles.flatMap((role) => Array.from({ length: workers }, (_, i) => ({ name: `${role}-${i + 1}`, role })));
  const ports: number[] = [];
  while (ports.length <= many.length) {
    const block = await holdPorts(10);
    scope.defer(block.release);
    ports.push(...block.ports);
  }
  const slots: { name: string; role: Role }[] = [{ name: "api-1", role: "api" }, ...many];
  return slots.map((slot, i) => ({ ...slot, port: ports[i] ?? 0 }));
}

/** A process with its own proxy to Redis, where Redis is one server. */
async function memberOf(
  { name, role, port }: Awaited<ReturnType<typeof slotsFor>>[number],
  { entry, env }: { entry: string; env: Record<string, string> },
  { redis, scope }: System<RedisServers>,
  disks: Disks,
) {
  const redisProxy =
    redis.topology === "alone" ? scope.use(await startFaultProxy((await redis.lineup()).primary.port)) : undefined;
  const own = {
    ...(role === "finalizer" && disks?.outputs.env),
    ...(redisProxy && { REDIS_URL: `redis://127.0.0.1:${redisProxy.port}` }),
    ...{ ROLE: role, HEALTH_PORT: `${port}` },
  };
  return { name, role, redisProxy, entry, env: { ...env, ...own } };
}

const processEntry = join(import.meta.dirname, "../entries/process.ts");
/** The processes of the plain solution, shared with the benches. */
const plainEntry = join(import.meta.dirname, "../../../bench/src/entries/plain.ts");

/** Environment of the plain solution at JieKou, with the same time limits. */
function plainEnvironment(home: string, simulatorProxy: FaultProxy, { secrets }: Installation): Record<string, string> {
  return {
    PROVIDER: "jiekou",
    PROVIDER_URL: `${simulatorProxy.url}/jiekou`,
    CONCURRENCY: "20",
    TIMEOUT_MS: `${leases.postMs}`,
    FIRST_POLL_MS: "1000",
    LONGEST_POLL_MS: "5000",
    OUTPUTS: join(home, "outputs"),
    SECRET: secrets.webhookSecrets("default")[0] ?? "",
  };
}

/** Disks of Redis and of the outputs; `undefined` where the disk shim cannot be built. */
type Disks = Awaited<ReturnType<typeof openDisks>>;

async function openDisks(home: string) {
  const open = await buildDisks(home);
  return open && { redis: await open("disk-of-redis"), outputs: await open("disk-of-outputs") };
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
    publicUrl: simulatorProxy.url,
    limits: { hiapi: { requestsPerMinute: 1_200, concurrent: 40 }, jiekou: { requestsPerMinute: 1_200 } },
    ...options.simulator,
  };
}

function environment(home: string, { url }: FaultProxy, apiUrl: string, cell: string | undefined) {
  const limitsOf = (name: AccountName) => ({ inFlight: 40, requestsPerMinute: name === "toapis" ? 300 : 1_200 });
  const changes = Object.fromEntries(accountNames.map((name) => [name, { limits: limitsOf(name) }]));
  const config = {
    accounts: accountsAt({ url, clockFactor }, changes),
    outputs: { minFreeBytes: 16_777_216 },
    ...(cell !== undefined && { cell }),
  };
  return { ...writeTestConfig(home, config), PUBLIC_URL: apiUrl, LOG_LEVEL: "warn" };
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
