import { join } from "node:path";
import { type AccountConfig, type Generation, type GenerationInput, isResting } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type AcceptedRow, accept, findMany, type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { type Simulator, type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import {
  type App,
  accountsAt,
  appFile,
  eventually,
  type LocalRedis,
  type System,
  simulatorAt,
  simulatorSecrets,
  startLocalRedis,
  startMember,
  startSystem,
  writeTestConfig,
} from "@reelqueue/testing";

export interface TestSystemOptions {
  simulator?: SimulatorOptions;
  /**
   * Changes to the accounts `hiapi` and `jiekou`, and further accounts, named as their provider or with `provider`; all
   * use the simulator.
   */
  accounts?: Record<string, Partial<AccountConfig>>;
  /** Processes to start; default: one with all stages. A scenario that ends a stage starts it by itself. */
  apps?: readonly string[];
  /** A running Redis that outlives the system; `server`: the process that the scenario kills or freezes. */
  redis?: { url: string; server: LocalRedis; cell?: string };
}

/** The processes of a production system. */
export const oneOfEach = ["submitter", "poller", "finalizer"] as const;
/** One process with all stages: a start costs about a second of a core. */
export const allInOne = "submitter+poller+finalizer";

const clockFactor = 180;
/** A process with short leases: the entry of chaos. */
const processEntry = join(import.meta.dirname, "../../chaos/src/entries/process.ts");

/** A whole system for one scenario: its own Redis, the simulator, and real worker processes that can be killed. */
export type TestSystem = Awaited<ReturnType<typeof startTestSystem>>;

export async function startTestSystem(options: TestSystemOptions = {}) {
  const { redis: given, apps = [allInOne] } = options;
  const startRedis = async (): Promise<LocalRedis> =>
    given ? { ...given.server, url: given.url, stop: async () => {} } : await startLocalRedis();
  return await startSystem({ startRedis }, async (system) => {
    const parts = await openParts(system, options);
    await Promise.all(apps.map((name) => parts.start(name)));
    return { ...parts, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() };
  });
}

async function openParts(system: System<LocalRedis>, options: TestSystemOptions) {
  const { redis, home, scope } = system;
  const simulator = scope.use(
    await startSimulator({
      clockFactor,
      outputs: "tiny",
      allowHttpCallbacks: true,
      callbackSecret: simulatorSecrets.REELQUEUE_SIMULATOR_CALLBACK_SECRET,
      ...options.simulator,
    }),
  );
  const env = environment(simulator, home, options);
  const log = createLogger({ name: "test", level: "error" });
  const context = { redisUrl: redis.url, home, configPath: env.REELQUEUE_CONFIG, env, role: "worker", log } as const;
  /** Context of a producer in this process. */
  const installation = await openContext(scope, context);
  const producer = producerOf(installation, simulator);
  return { redis, simulator, home, installation, ...startersOf(system, env), ...producer };
}

function startersOf(system: System<LocalRedis>, env: Record<string, string>) {
  const apps = new Map<string, App>();
  const start = async (name: string, entry: string, own: Record<string, string>): Promise<App> => {
    const [app] = await system.start([{ name, entry, env: { ...env, ...own } }], startMember);
    apps.set(name, app);
    return app;
  };
  return {
    apps,
    /** Starts a process of a stage or of several (`poller+finalizer`) with short leases; `poller#2` is a second poller. Resolves once it is healthy. */
    start: (name: string, own?: Record<string, string>) =>
      start(name, processEntry, { ROLE: name.split("#")[0] ?? name, ...own }),
    /** Starts one of `apps/` unchanged. */
    startApp: (name: string, own: Record<string, string> = {}) => start(name, appFile(name), own),
  };
}

/** A producer and observer in this process. */
function producerOf(installation: Installation, simulator: Simulator) {
  return {
    enqueue: async (inputs: readonly GenerationInput[], tenant = "default") =>
      (await accept(inputs, { tenant, localFiles: true }, installation)).map(idOf),
    get: (ids: readonly string[]) => findMany(ids, installation),
    /** Waits until all generations rest; rejects after `timeoutMs`. */
    waitForRest: (ids: readonly string[], timeoutMs = 150_000) =>
      eventually(
        untilAll(ids, ({ state }) => isResting(state), installation),
        { describe: `${ids.length} generations rest`, timeoutMs, everyMs: 100 },
      ),
    bill: () => simulatorAt(simulator.url).bill(),
  };
}

/**
 * A condition for `eventually`: every generation meets `isMet`, in one read of all. Before that, it reads again only
 * those that did not meet it.
 */
export function untilAll(
  ids: readonly string[],
  isMet: (generation: Generation) => boolean,
  installation: Installation,
): () => Promise<Generation[] | false> {
  let open = ids;
  return async () => {
    for (;;) {
      const found = await findMany(open, installation);
      const left = found.filter((generation) => !isMet(generation));
      if (left.length === 0 && open === ids) return found.length === ids.length && found;
      open = left.length === 0 ? ids : left.map(({ id }) => id);
      if (left.length > 0) throw new Error(`${left.length} are not done, the first: ${JSON.stringify(left[0])}`);
    }
  };
}

/**
 * Audits the ledger; every scenario ends with it and expects none. The processes are frozen meanwhile, because the
 * audit reads key by key, and it is repeated until two results agree: writes sent before the freeze may still arrive
 * during the first.
 */
export async function contradictions({ installation, apps }: TestSystem): Promise<string[]> {
  for (const app of apps.values()) app.kill("SIGSTOP");
  try {
    let found = await ledger.audit(installation.cell);
    for (let times = 1; times < 10; times += 1) {
      const again = await ledger.audit(installation.cell);
      if (again.join() === found.join()) break;
      found = again;
    }
    return found;
  } finally {
    for (const app of apps.values()) app.kill("SIGCONT");
  }
}

function environment({ url }: Simulator, home: string, { accounts = {}, simulator, redis }: TestSystemOptions) {
  const address = { url, clockFactor: simulator?.clockFactor ?? clockFactor };
  // 3 s of real time at any clock factor: polls that prove an absence are apart in real time.
  const quietMs = 3_000 * address.clockFactor;
  const changes = Object.entries({ hiapi: {}, jiekou: {}, ...accounts }).map(([name, own]) => [
    name,
    { quietMs, ...own },
  ]);
  const config = {
    accounts: accountsAt(address, Object.fromEntries(changes)),
    ...(redis?.cell !== undefined && { cell: redis.cell }),
  };
  return { ...writeTestConfig(home, config), LOG_LEVEL: "info" };
}

function idOf(row: AcceptedRow): string {
  if (row.kind === "accepted" || row.kind === "existing") return row.id;
  throw new Error(`not accepted: ${JSON.stringify(row)}`);
}
