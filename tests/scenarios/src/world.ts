import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountConfig, type Generation, type GenerationInput, isResting } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type AcceptedRow, accept, findMany, type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { type Simulator, type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import { type App, eventually, type LocalRedis, spawnApp, spawnEntry, startLocalRedis } from "@reelqueue/testing";
import { simulatorPaths } from "./simulator-paths.ts";

export interface WorldWish {
  simulator?: SimulatorOptions;
  /** Changes to the accounts `hiapi` and `jiekou`, and more accounts, each named as its provider or with one; all point at the simulator. */
  accounts?: Record<string, Partial<AccountConfig>>;
  /** Processes to start; default: one of each stage. */
  apps?: readonly string[];
  appEnv?: Record<string, string>;
  /** A Redis that is there already, and is not stopped with the world; `server`: the process that a scenario strikes. */
  redis?: { url: string; server: LocalRedis; cell?: string };
}

/** A whole system for one scenario: a Redis of its own, the simulator, and real worker processes that can be killed. */
export interface World extends AsyncDisposable {
  redis: LocalRedis;
  simulator: Simulator;
  home: string;
  configPath: string;
  /** What a producer in this process works with. */
  here: Installation;
  apps: Map<string, App>;
  /** Starts one more process of a stage; `poller#2` is a second poller. Resolves once it is healthy. */
  start(name: string, env?: Record<string, string>): Promise<App>;
  /** Starts one of `apps/` as it is. */
  startApp(name: string, env?: Record<string, string>): Promise<App>;
  enqueue(inputs: readonly GenerationInput[], tenant?: string): Promise<string[]>;
  get(ids: readonly string[]): Promise<Generation[]>;
  /** Waits until all rest. */
  rested(ids: readonly string[], timeoutMs?: number): Promise<Generation[]>;
  bill(): Promise<Bill>;
}

export interface Bill {
  tasks: number;
  charges: number;
  refunds: number;
  byMarker: Record<string, { tasks: number; charges: number; refunds: number; taskIds: string[] }>;
  duplicates: string[];
}

const clockFactor = 60;
const callbackSecret = "a-signing-secret-of-the-console";
/** The apps' processes with leases short enough for a test. */
/** The key of every account at the simulator. */
export const simulatorKey = "simulator-key";
const rehearsal = join(import.meta.dirname, "entries", "worker.ts");

export async function startWorld(wish: WorldWish = {}): Promise<World> {
  const scope = new AsyncDisposableStack();
  const redis = wish.redis?.server ?? (await startLocalRedis());
  if (!wish.redis) scope.defer(() => redis.stop());
  const simulator = await startSimulator({
    clockFactor,
    outputs: "tiny",
    allowHttpCallbacks: true,
    callbackSecret,
    ...wish.simulator,
  });
  scope.defer(() => simulator.close());
  const home = mkdtempSync(join(tmpdir(), "reelqueue-world-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  const env = environment(redis, simulator, home, wish);
  const here = await openContext(scope, {
    redisUrl: env.REDIS_URL,
    home,
    configPath: env.REELQUEUE_CONFIG,
    env,
    role: "worker",
    log: createLogger({ name: "test", level: "error" }),
  });
  const apps = new Map<string, App>();
  scope.defer(() => endAll(apps));
  const started = async (name: string, app: App): Promise<App> => {
    apps.set(name, app);
    await app.ready();
    return app;
  };
  const start = async (name: string, extra: Record<string, string> = {}) => {
    const stage = name.split("#")[0] ?? name;
    return started(name, await spawnEntry(rehearsal, name, { ...env, WORKER: stage, ...wish.appEnv, ...extra }));
  };
  const startApp = async (name: string, extra: Record<string, string> = {}) =>
    started(name, await spawnApp(name, { ...env, ...wish.appEnv, ...extra }));
  await Promise.all((wish.apps ?? ["submitter", "poller", "finalizer"]).map((name) => start(name)));
  const places = { redis, simulator, home, configPath: env.REELQUEUE_CONFIG, here, apps, start, startApp };
  return { ...places, ...throughHere(here, simulator), [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

/** What is done and seen in this process. */
function throughHere(here: Installation, simulator: Simulator): Pick<World, "enqueue" | "get" | "rested" | "bill"> {
  return {
    enqueue: async (inputs, tenant = "default") => (await accept(inputs, { tenant, localFiles: true }, here)).map(idOf),
    get: (ids) => findMany(ids, here),
    rested: (ids, timeoutMs = 150_000) =>
      eventually(
        async () => {
          const all = await findMany(ids, here);
          return all.length === ids.length && all.every(({ state }) => isResting(state)) && all;
        },
        { describe: `${ids.length} generations rest`, timeoutMs, everyMs: 100 },
      ),
    bill: async () => (await (await fetch(`${simulator.url}/simulator/ledger`)).json()) as Bill,
  };
}

/**
 * Nothing in the ledger contradicts anything else; asserted at the end of every scenario. An audit reads key after key, so processes stand still
 * meanwhile, and it is repeated until it says the same twice: what they had sent before may still be written during the first.
 */
export async function contradictions({ here, apps }: World): Promise<string[]> {
  for (const app of apps.values()) app.kill("SIGSTOP");
  try {
    let found = await ledger.audit(here.cell);
    for (let times = 1; times < 10; times += 1) {
      const again = await ledger.audit(here.cell);
      if (again.join() === found.join()) break;
      found = again;
    }
    return found;
  } finally {
    for (const app of apps.values()) app.kill("SIGCONT");
  }
}

function environment(
  redis: LocalRedis,
  simulator: Simulator,
  home: string,
  { accounts = {}, simulator: simulatorWish, redis: given }: WorldWish,
): Record<string, string> & { REELQUEUE_CONFIG: string; REDIS_URL: string } {
  const timeScale = simulatorWish?.clockFactor ?? clockFactor;
  const account = (name: string, { provider = name, ...wish }: Partial<AccountConfig> = {}) => ({
    provider,
    baseUrl: `${simulator.url}/${simulatorPaths[provider]}`,
    keyEnv: "SIMULATOR_KEY",
    callbackSecretEnv: "SIMULATOR_CALLBACK_SECRET",
    timeScale,
    // three seconds here, however fast the simulator lives: looks that prove something lie apart in real time
    quietMs: 3_000 * timeScale,
    chargesFailures: false,
    pricesPerSecond: { "seedance-2.0/480p": 0.07, "seedance-2.0/720p": 0.15 },
    ...wish,
  });
  const path = join(home, "reelqueue.config.json");
  const names = new Set(["hiapi", "jiekou", ...Object.keys(accounts)]);
  const config = {
    accounts: Object.fromEntries([...names].map((name) => [name, account(name, accounts[name])])),
    allowPrivate: ["127.0.0.0/8"],
    ...(given?.cell !== undefined && { cell: given.cell }),
  };
  writeFileSync(path, JSON.stringify(config));
  return {
    REDIS_URL: given?.url ?? redis.url,
    REELQUEUE_HOME: home,
    REELQUEUE_CONFIG: path,
    SIMULATOR_KEY: simulatorKey,
    SIMULATOR_CALLBACK_SECRET: callbackSecret,
    LOG_LEVEL: "info",
  };
}

function idOf(row: AcceptedRow): string {
  if (row.kind === "accepted" || row.kind === "existing") return row.id;
  throw new Error(`not accepted: ${JSON.stringify(row)}`);
}

async function endAll(apps: Map<string, App>): Promise<void> {
  for (const app of apps.values()) {
    app.kill("SIGCONT");
    app.kill("SIGKILL");
  }
  await Promise.all([...apps.values()].map(({ exited }) => exited));
}
