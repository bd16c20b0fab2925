import * as ledger from "@reelqueue/ledger";
import { createProducer } from "@reelqueue/producer";
import { eventually } from "@reelqueue/testing";
import { Redis } from "ioredis";
import { appFile, type Child, startChild } from "../rig/child.ts";
import { prompts } from "../rig/prompts.ts";
import { openRoad, type Road } from "../rig/road.ts";
import { createTasks, fill, teach } from "../rig/running.ts";
import { startSurroundings, startWorkers, writeConfig } from "../rig/system.ts";
import { passingAccount } from "./passing.ts";

/** A stored video of the second account takes this long at its provider. */
const shortMs = 10_000;
/** What users report of a real one. */
const usual = { medianMs: 300_000, sigma: 0.3 };
/** As far away as a provider on another continent. */
const awayMs = 100;

/** How many tasks run, over how long their first looks are spread, and how many generations pass through the second account. */
export interface Size {
  running: number;
  spreadMs: number;
  passing: number;
}

export interface Scene {
  road: Road;
  simulator: Child;
  passingSimulator: Child;
  receiver: Child;
  /** A connection to the ledger of its own; the caller closes it. */
  openCell(): Promise<ledger.Cell>;
  startWorkers(): Promise<Started>;
  /** Enqueues generations that pass through all stages. */
  pass(count: number): Promise<void>;
  /** kill -9 of all at once, Redis too. */
  killAll(): Promise<void>;
  /** Starts Redis and the workers again at the same time, as a supervisor would. */
  startAgain(): { redisAt: Promise<number>; started: Promise<Started> };
}

/** When each process answered that it is ready. */
export type Started = Record<"submitter" | "poller" | "finalizer", number>;

/** So many tasks that run at the simulator as account `hiapi` and never end, and an account `passing` whose tasks end soon. */
export async function openScene(scope: AsyncDisposableStack, size: Size): Promise<Scene> {
  const endless = { SIMULATOR_LIMITS: "off", SIMULATOR_FINISH_AFTER_POLLS: "1000000000" };
  const { redis, redisUrl, simulator, receiver } = await startSurroundings(scope, endless);
  const passingSimulator = scope.use(await startChild(appFile("simulator"), "simulator-passing", passingEnv));
  const roads = [await openRoad(simulator.url, awayMs), await openRoad(passingSimulator.url, awayMs)] as const;
  for (const road of roads) scope.use(road);
  // As under `npm start`, which keeps what Node has compiled.
  const { NODE_COMPILE_CACHE = "" } = process.env;
  const env = { REDIS_URL: redisUrl, NODE_COMPILE_CACHE, ...configFor(roads, size) };
  let workers: Child[] = [];
  scope.defer(async () => void (await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))));
  const openCell = () => openReadyCell(redisUrl);
  const startAll = async (): Promise<Started> => {
    const started = await startWorkers(env);
    workers = Object.values(started);
    const { submitter, poller, finalizer } = started;
    const at = await Promise.all([readyAt(submitter), readyAt(poller), readyAt(finalizer)]);
    return { submitter: at[0], poller: at[1], finalizer: at[2] };
  };
  await using cell = await openCell();
  await populate(cell, await createTasks(simulator.url, size.running), size);
  return {
    ...{ road: roads[0], simulator, passingSimulator, receiver, openCell, startWorkers: startAll },
    pass: (count) => pass(env, receiver, count),
    killAll: async () => void (await Promise.all([redis.kill(), ...workers.map((worker) => worker.kill())])),
    startAgain: () => {
      const [restarted, answered, started] = [redis.restart(), answersAt(redisUrl), startAll()];
      return { redisAt: answered, started: Promise.all([started, restarted]).then(([at]) => at) };
    },
  };
}

const passingEnv = {
  SIMULATOR_LIMITS: "off",
  SIMULATOR_GENERATION_MS: JSON.stringify({ median: shortMs, sigma: 0.3 }),
  SIMULATOR_OUTPUTS: "tiny",
};

/** Requests in proportion to HiAPI's own 60 a minute for 10 tasks. */
function configFor([road, other]: readonly [Road, Road], { running, passing }: Size): Record<string, string> {
  const limits = { inFlight: running, requestsPerMinute: 6 * running };
  const through = { baseUrl: `${other.url}/hiapi`, limits: { inFlight: passing / 4, requestsPerMinute: 100_000 } };
  return writeConfig(road.url, { limits }, { [passingAccount]: through });
}

async function readyAt({ url }: Child): Promise<number> {
  await eventually(async () => (await fetch(`${url}/readyz`)).ok, { describe: `${url} is ready`, everyMs: 50 });
  return Date.now();
}

/** Asked every 20 ms: an ordinary client that meets a Redis still loading would wait for a second or more before it asks again. */
async function answersAt(url: string): Promise<number> {
  const ping = async () => {
    const client = new Redis(url, { lazyConnect: true, enableReadyCheck: false, retryStrategy: null });
    client.on("error", () => {});
    await using closing = new AsyncDisposableStack();
    closing.defer(() => client.disconnect());
    await client.connect();
    return (await client.ping()) === "PONG";
  };
  await eventually(ping, { describe: "Redis answers" });
  return Date.now();
}

async function openReadyCell(url: string): Promise<ledger.Cell> {
  const cell = ledger.openCell({ url, cell: "reel", role: "worker" });
  await ledger.awaitReady(cell, 5_000);
  return cell;
}

/** Ages as they are when all slots have been in use for long: evenly up to the usual run time. */
async function populate(cell: ledger.Cell, tasks: readonly string[], { running, spreadMs }: Size): Promise<void> {
  await teach(cell, usual.medianMs, usual.sigma);
  await teach(cell, shortMs, usual.sigma, "hiapi/seedance-2.0/480p/4/text");
  await fill(cell, tasks, (place) => ({
    dueInMs: 2_000 + (place / running) * spreadMs,
    ageMs: Math.random() * usual.medianMs,
  }));
}

async function pass(env: Record<string, string>, receiver: Child, count: number): Promise<void> {
  const { REDIS_URL: redisUrl = "", REELQUEUE_HOME: home = "", REELQUEUE_CONFIG: configPath = "" } = env;
  await using producer = await createProducer({ redisUrl, home, configPath, env });
  const texts = prompts(600);
  const row = { account: passingAccount, resolution: "480p", seconds: 4, webhook: receiver.url } as const;
  const rows = Array.from({ length: count }, () => ({ ...row, prompt: texts.next().value }));
  const refused = (await producer.enqueueMany(rows)).find(({ kind }) => kind !== "accepted");
  if (refused) throw new Error(`a row was not accepted: ${JSON.stringify(refused)}`);
}
