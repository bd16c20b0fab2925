import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { type Simulator, type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import { holdPorts, type Receiver, startReceiver } from "@reelqueue/testing";
import { leases } from "../entries/leases.ts";
import { buildDisks, type Disk } from "./disk.ts";
import { openRoad, type Road } from "./road.ts";
import { openServers, type Servers, type Topology } from "./servers.ts";
import { type Ended, openSlot, processEntry, type Role, type Slot } from "./slot.ts";

/** A whole system under attack: every process can be killed and comes back, every road can be cut. */
export interface World extends AsyncDisposable {
  redis: Servers;
  simulator: Simulator;
  /** The road of all workers to the simulator. */
  toSimulator: Road;
  receiver: Receiver;
  slots: Slot[];
  /** The disks of Redis and of the outputs; `undefined` where this machine has none that obey. */
  disks: { redis: Disk; outputs: Disk } | undefined;
  /** The front door. */
  apiUrl: string;
  /** The ledger as the checker sees it, past every proxy. */
  here: Installation;
  home: string;
  /** Processes that ended, oldest first. */
  endings: Ended[];
}

export interface WorldWish {
  redis: Topology;
  /** Folder that keeps the logs of the processes. */
  logs: string;
  seed: number;
  /** Processes of each role; one api. */
  workers: number;
  simulator?: SimulatorOptions;
  /** The plain BullMQ solution runs instead of reelqueue. */
  plain?: boolean;
  /** Further variables of every process. */
  env?: Record<string, string>;
  accounts?: Record<string, object>;
}

export const clockFactor = 60;
export const accountNames = ["hiapi", "jiekou", "toapis", "ark", "xingchao"] as const;
export type AccountName = (typeof accountNames)[number];
/** How long a late task hides, in real ms: longer than looks that miss, shorter than the quiet window. */
const lateMs = 3_000;
/** Where a provider's root is not its host. */
const paths: Record<string, string> = { ark: "/api/v3", xingchao: "/kyyReactApiServer" };
/** Processes are started hundreds of times: without it they spend most of that time on compiling. */
const compiled = join(tmpdir(), "reelqueue-chaos-compiled");
const callbackSecret = "a-signing-secret-of-the-console";

export async function startWorld(wish: WorldWish): Promise<World> {
  const scope = new AsyncDisposableStack();
  try {
    return await open(scope, wish);
  } catch (error) {
    await scope.disposeAsync();
    throw error;
  }
}

async function open(scope: AsyncDisposableStack, wish: WorldWish): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-chaos-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(wish.logs, { recursive: true });
  const disks = await openDisks(home);
  const redis = await openServers(scope, wish.redis, disks?.redis.env);
  const toSimulator = scope.use(await openRoad());
  const simulator = scope.use(await startSimulator(simulatorOptions(wish, toSimulator)));
  toSimulator.target = simulator.port;
  const ports = await portsFor(scope, placesOf(wish.workers).length);
  const [apiPort = 0] = ports;
  const env = environment(home, toSimulator, apiPort, { ...wish, cell: redis.cell });
  const here = await openContext(scope, {
    redisUrl: redis.url,
    home,
    configPath: env.REELQUEUE_CONFIG,
    env,
    role: "worker",
    log: createLogger({ name: "chaos", level: "silent" }),
  });
  const receiver = scope.use(await startReceiver({ secret: here.secrets.webhookSecrets("default")[0] ?? "" }));
  const endings: Ended[] = [];
  const slotEnv = { ours: env, plain: plainEnvironment(home, toSimulator, here) }[wish.plain ? "plain" : "ours"];
  const place = { redis, ports, env: slotEnv, outputsDisk: disks?.outputs, endings };
  const slots = await openSlots(scope, wish, place);
  scope.defer(async () => void (await Promise.all(slots.map((slot) => slot[Symbol.asyncDispose]()))));
  await Promise.all(slots.map((slot) => slot.ready()));
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  return {
    ...{ redis, simulator, toSimulator, receiver, slots, apiUrl, here, home, endings, disks },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

/** Ports that nobody else takes while a process is away, the first of them the front door's. */
async function portsFor(scope: AsyncDisposableStack, count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const block = await holdPorts(10);
    scope.defer(block.release);
    ports.push(...block.ports);
  }
  return ports;
}

interface Place {
  redis: Servers;
  /** One for each process. */
  ports: readonly number[];
  env: Record<string, string>;
  outputsDisk: Disk | undefined;
  endings: Ended[];
}

async function openSlots(scope: AsyncDisposableStack, wish: WorldWish, place: Place): Promise<Slot[]> {
  const { redis, ports, env, outputsDisk, endings } = place;
  const slots: Slot[] = [];
  for (const [i, { name, role }] of placesOf(wish.workers).entries()) {
    const toRedis =
      redis.topology === "alone" ? scope.use(await openRoad((await redis.lineup()).primary.port)) : undefined;
    const own = { PORT: `${ports[i]}`, HEALTH_PORT: `${ports[i]}` };
    const REDIS_URL = toRedis === undefined ? redis.url : `redis://127.0.0.1:${toRedis.port}`;
    const disk = role === "finalizer" ? outputsDisk?.env : {};
    slots.push(
      openSlot({
        name,
        role,
        toRedis,
        entry: wish.plain ? plainEntry : processEntry,
        env: { ...env, ...own, ...disk, ...wish.env, REDIS_URL },
        logs: wish.logs,
        onEnd: (ended) => void endings.push(ended),
      }),
    );
  }
  return slots;
}

/** The plain solution's processes; they stand beside reelqueue's benches. */
const plainEntry = join(import.meta.dirname, "../../../bench/src/entries/plain.ts");

/** The plain solution against JieKou, with the same time limits. */
function plainEnvironment(home: string, toSimulator: Road, { secrets }: Installation): Record<string, string> {
  return {
    PROVIDER: "jiekou",
    PROVIDER_URL: `http://127.0.0.1:${toSimulator.port}/jiekou`,
    CONCURRENCY: "20",
    TIMEOUT_MS: `${leases.postMs}`,
    FIRST_POLL_MS: "1000",
    LONGEST_POLL_MS: "5000",
    OUTPUTS: join(home, "outputs"),
    SECRET: secrets.webhookSecrets("default")[0] ?? "",
    NODE_COMPILE_CACHE: compiled,
  };
}

async function openDisks(home: string): Promise<World["disks"]> {
  const open = await buildDisks(home);
  return open && { redis: await open("disk-of-redis"), outputs: await open("disk-of-outputs") };
}

function placesOf(workers: number): { name: string; role: Role }[] {
  const roles = ["submitter", "poller", "finalizer"] as const;
  const many = roles.flatMap((role) => Array.from({ length: workers }, (_, i) => ({ name: `${role}-${i + 1}`, role })));
  return [{ name: "api-1", role: "api" }, ...many];
}

function simulatorOptions(wish: WorldWish, toSimulator: Road): SimulatorOptions {
  return {
    clockFactor,
    seed: wish.seed,
    keepLog: 1_000_000,
    outputs: "tiny",
    allowHttpCallbacks: true,
    acceptLateMs: lateMs * clockFactor,
    callbackSecret,
    publicUrl: `http://127.0.0.1:${toSimulator.port}`,
    limits: { hiapi: { requestsPerMinute: 1_200, concurrent: 40 }, jiekou: { requestsPerMinute: 1_200 } },
    ...wish.simulator,
  };
}

function environment(
  home: string,
  toSimulator: Road,
  apiPort: number,
  { accounts = {}, cell }: Pick<WorldWish, "accounts"> & { cell: string | undefined },
): Record<string, string> & { REELQUEUE_CONFIG: string } {
  const account = (provider: string) => ({
    provider,
    baseUrl: `http://127.0.0.1:${toSimulator.port}/${provider}${paths[provider] ?? ""}`,
    keyEnv: "SIMULATOR_KEY",
    callbackSecretEnv: "SIMULATOR_CALLBACK_SECRET",
    timeScale: clockFactor,
    chargesFailures: false,
    limits: { inFlight: 40, requestsPerMinute: provider === "toapis" ? 300 : 1_200 },
    pricesPerSecond: { "seedance-2.0/720p": 0.15, "seedance-2.0-pro/720p": 0.15 },
    ...accounts[provider],
  });
  const path = join(home, "reelqueue.config.json");
  const outputs = { minFreeBytes: 16_777_216 };
  const named = Object.fromEntries(accountNames.map((name) => [name, account(name)]));
  writeFileSync(path, JSON.stringify({ accounts: named, outputs, cell, allowPrivate: ["127.0.0.0/8"] }));
  return {
    REELQUEUE_HOME: home,
    REELQUEUE_CONFIG: path,
    PUBLIC_URL: `http://127.0.0.1:${apiPort}`,
    SIMULATOR_KEY: "simulator-key",
    SIMULATOR_CALLBACK_SECRET: callbackSecret,
    LOG_LEVEL: "warn",
    NODE_COMPILE_CACHE: compiled,
  };
}
