import type * as ledger from "@reelqueue/ledger";
import { type App, appFile, eventually, type FaultProxy, startFaultProxy, startMember } from "@reelqueue/testing";
import { Redis } from "ioredis";
import { enqueueAll, openProducer, writeConfig } from "../rig/producer.ts";
import { rowsOf } from "../rig/prompts.ts";
import { createTasks, fill, openCell, teach } from "../rig/running.ts";
import { startSurroundings, startWorkers } from "../rig/system.ts";
import { passingAccount } from "./passing.ts";

/** Run time of the tasks of the second account. */
const shortMs = 10_000;
/** Run times as users report them. */
const usual = { medianMs: 300_000, sigma: 0.3 };
/** Network latency to the provider. */
const latencyMs = 100;

/** Number of running tasks, the time over which their first polls are spread, and the number of passing generations. */
export interface Size {
  running: number;
  spreadMs: number;
  passing: number;
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** When each process was ready. */
export type Started = Record<"submitter" | "poller" | "finalizer", number>;

/** Starts a system with endless tasks in account `hiapi` and an account `passing` with short ones. */
export async function openScene(scope: AsyncDisposableStack, size: Size) {
  const endless = { SIMULATOR_LIMITS: "off", SIMULATOR_FINISH_AFTER_POLLS: "1000000000" };
  const { system, redisUrl, simulator, receiver } = await startSurroundings(scope, endless);
  const [passingSimulator] = await system.start([passing], startMember);
  const proxies = [
    await startFaultProxy(Number(new URL(simulator.url).port), { latencyMs, records: true }),
    await startFaultProxy(Number(new URL(passingSimulator.url).port), { latencyMs }),
  ] as const;
  for (const proxy of proxies) system.scope.use(proxy);
  // Shares the compile cache, as `npm start` does.
  const { NODE_COMPILE_CACHE = "" } = process.env;
  const env = { NODE_COMPILE_CACHE, ...configFor(proxies, size) };
  let workers: App[] = [];
  const startAll = async (): Promise<Started> => {
    const started = await startWorkers(system, env);
    workers = Object.values(started);
    return await readyTimes(started);
  };
  await using cell = await openCell(redisUrl);
  await populate(cell, await createTasks(simulator.url, size.running), size);
  return {
    ...{ proxy: proxies[0], simulator, passingSimulator, receiver, startWorkers: startAll },
    openCell: () => openCell(redisUrl),
    /** Enqueues generations that pass through all stages. */
    pass: async (count: number) => {
      await using producer = await openProducer(redisUrl, env);
      await enqueueAll(producer, rowsOf(count, { ...passingRow, webhook: receiver.url }));
    },
    /** SIGKILL to all processes and Redis at once. */
    killAll: async () => {
      for (const worker of workers) worker.kill("SIGKILL");
      await Promise.all([system.redis.kill(), ...workers.map(({ exited }) => exited)]);
    },
    /** Starts Redis and the workers at the same time, as a supervisor would. */
    startAgain: () => {
      const [restarted, answered, started] = [system.redis.restart(), answersAt(redisUrl), startAll()];
      return { redisAt: answered, started: Promise.all([started, restarted]).then(([at]) => at) };
    },
  };
}

const passingRow = { account: passingAccount, resolution: "480p", seconds: 4 } as const;
const passingEnv = {
  SIMULATOR_LIMITS: "off",
  SIMULATOR_GENERATION_MS: JSON.stringify({ median: shortMs, sigma: 0.3 }),
  SIMULATOR_OUTPUTS: "tiny",
};

const passing = { name: "simulator-passing", entry: appFile("simulator"), env: passingEnv };

/** Request rate in proportion to 60 a minute for 10 tasks, as at HiAPI. */
function configFor([proxy, passingProxy]: readonly [FaultProxy, FaultProxy], { running, passing }: Size) {
  const limits = { inFlight: running, requestsPerMinute: 6 * running };
  const through = {
    provider: "hiapi",
    baseUrl: `${passingProxy.url}/hiapi`,
    limits: { inFlight: passing / 4, requestsPerMinute: 100_000 },
  };
  return writeConfig(proxy.url, { limits }, { [passingAccount]: through });
}

async function readyTimes(workers: Record<keyof Started, App>): Promise<Started> {
  const times = Object.entries(workers).map(async ([name, worker]) => [name, await readyAt(worker)] as const);
  return Object.fromEntries(await Promise.all(times)) as Started;
}

async function readyAt({ url }: App): Promise<number> {
  await eventually(async () => (await fetch(`${url}/readyz`)).ok, { describe: `${url} is ready`, everyMs: 50 });
  return Date.now();
}

/** Pings every 20 ms with new connections; an ordinary client would wait a second or more while Redis loads. */
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

/** Ages of a steady state: evenly distributed up to the usual run time. */
async function populate(cell: ledger.Cell, tasks: readonly string[], { running, spreadMs }: Size): Promise<void> {
  await teach(cell, usual.medianMs, usual.sigma);
  await teach(cell, shortMs, usual.sigma, "hiapi/seedance-2.0/480p/4/text");
  await fill(cell, tasks, (place) => ({
    dueInMs: 2_000 + (place / running) * spreadMs,
    ageMs: Math.random() * usual.medianMs,
  }));
}
