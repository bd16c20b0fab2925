import { setTimeout as delay } from "node:timers/promises";
import { ApiError, type Client, createClient } from "@reelqueue/client";
import type { BatchView } from "@reelqueue/contracts";
import { commandsServed, type SimulatorProvider, type System, startSystem } from "@reelqueue/system";
import { progressLine } from "../commands/enqueue/follow.ts";
import type { Screen } from "../commands/enqueue/screen.ts";
import { billOf, pollsOf, videoBytesIn } from "./facts.ts";
import { clockFactor, type DemoPlan, planDemo } from "./plan.ts";
import { type Received, type Receiver, startReceiver } from "./receiver.ts";
import type { Facts } from "./result.ts";
import { batchName, demoRows, markerOf } from "./rows.ts";
import type { Sandbox } from "./sandbox.ts";

export interface DemoOptions {
  count: number;
  seed: number;
  /** Every mode at these providers; default: text only, at HiAPI and JieKou. */
  providers?: readonly SimulatorProvider[] | undefined;
  root: string;
  env: NodeJS.ProcessEnv;
  sandbox: Sandbox;
  screen: Screen;
  /** Aborted: the run ends with the results so far. */
  signal: AbortSignal;
  /** Called with the running system. */
  onStarted(system: System): void;
}

/** The measurements, and the open generations of an abandoned run. */
export interface DemoRun {
  facts: Facts;
  open?: Open;
}

export interface Open {
  /** The reason: the signal, or no change for two minutes. */
  by: "signal" | "standstill";
  /** The number of generations in each state. */
  states: string;
}

const stopWithinMs = 30_000;
/** Longer than the lease of a POST, after which the job of a dead worker is taken up again. */
const standstillSeconds = 120;

/** Starts a separate system on the simulator, enqueues the generations, waits for every webhook and stops it. */
export async function runDemo(options: DemoOptions): Promise<DemoRun> {
  const { sandbox, root, env, seed, providers, screen } = options;
  const plan = planDemo({ root, home: sandbox.home, ports: sandbox.ports, env, seed, providers });
  await using receiver = await startReceiver(plan.webhookSecret);
  screen.print(`Starting Redis, the simulator, api, submitter, poller and finalizer in ${sandbox.home}`);
  const system = await start(plan, options);
  options.onStarted(system);
  const { open, ...measured } = await measure(system, plan, receiver, options).finally(() => stop(system, screen));
  const facts = { ...measured, received: receiver.received, videoBytes: await videoBytesIn(plan.outputsDirectory) };
  return { facts, ...(open !== undefined && { open }) };
}

/** The signal aborts only the start: later, the simulator's bill is read before the system stops. */
async function start(plan: DemoPlan, { signal, screen }: DemoOptions): Promise<System> {
  const starting = new AbortController();
  const giveUp = () => starting.abort();
  signal.addEventListener("abort", giveUp);
  try {
    return await startSystem({ ...plan.systemOptions, log: screen.print, signal: starting.signal });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function stop(system: System, screen: Screen): Promise<void> {
  screen.print("Stopping");
  const timer = setTimeout(() => system.kill(), stopWithinMs);
  await system.stop();
  clearTimeout(timer);
}

type Measurements = Omit<Facts, "received" | "videoBytes"> & { open?: Open };

async function measure(
  system: System,
  plan: DemoPlan,
  receiver: Receiver,
  options: DemoOptions,
): Promise<Measurements> {
  const client = createClient({ url: plan.apiUrl, key: plan.apiKey });
  const commandsBefore = await commandsServed(system.redis.url);
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const accepted = await enqueue(client, receiver, plan, options);
  const open = await waitForEvents({ client, count: accepted.size, received: receiver.received, seconds }, options);
  return {
    asked: options.count,
    accepted,
    seconds: seconds(),
    redisCommands: (await commandsServed(system.redis.url)) - commandsBefore,
    bill: await billOf(plan.simulatorUrl),
    polls: await pollsOf(plan.simulatorUrl),
    succeededByApi: (await batchView(client))?.counts.succeeded,
    ...(open !== undefined && { open }),
  };
}

async function enqueue(client: Client, { url: webhook }: Receiver, { simulatorUrl }: DemoPlan, options: DemoOptions) {
  const { count, seed, providers, screen, signal } = options;
  const accepted = new Map<string, string>();
  const rows = demoRows({ count, seed, webhook, providers, simulatorUrl });
  try {
    for await (const row of client.enqueueMany(rows, { signal })) {
      if (row.status === "accepted") accepted.set(markerOf(seed, row.line - 1), row.id);
      if (row.status === "refused") screen.print(`Row ${row.line} was refused: ${row.error.message}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  screen.print(
    `${accepted.size} generations accepted; the simulator's clock runs ${clockFactor} times faster than ours`,
  );
  return accepted;
}

interface Wait {
  client: Client;
  /** Events to wait for, one for each accepted generation. */
  count: number;
  received: Received;
  /** Time since the start of the run. */
  seconds(): number;
}

/** Resolves once all events have arrived; after an abort or a standstill, with the open generations. */
async function waitForEvents(
  { client, count, received, seconds }: Wait,
  { screen, signal }: DemoOptions,
): Promise<Open | undefined> {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let last = { states: "", at: 0 };
  while (received.events.size < count) {
    if (signal.aborted) return { by: "signal", states: statesOf(await batchView(client), received) };
    if (seconds() - last.at > standstillSeconds) return { by: "standstill", states: last.states };
    if (seconds() - checkedAt >= 1) {
      checkedAt = seconds();
      const view = await batchView(client);
      if (view) screen.show([`${progressLine(view, seconds())} · ${received.events.size} announced`]);
      const states = statesOf(view, received);
      if (states !== last.states) last = { states, at: checkedAt };
    }
    await delay(20);
  }
  return undefined;
}

/** Undefined if the API does not answer: only the webhooks decide when the run ends. */
async function batchView(client: Client): Promise<BatchView | undefined> {
  try {
    return await client.batch(batchName);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function statesOf(view: BatchView | undefined, { events }: Received): string {
  const counts = Object.entries(view?.counts ?? {}).map(([state, count]) => `${count} ${state}`);
  return [...counts, `${events.size} announced`].join(", ");
}
