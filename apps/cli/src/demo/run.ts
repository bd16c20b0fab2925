import { setTimeout as delay } from "node:timers/promises";
import { ApiError, type Client, createClient } from "@reelqueue/client";
import type { BatchView } from "@reelqueue/contracts";
import { commandsServed, type SimulatorProvider, type System, startSystem } from "@reelqueue/system";
import { progressLine } from "../commands/enqueue/follow.ts";
import type { Screen } from "../commands/enqueue/screen.ts";
import { billOf, pollsOf, videoBytesIn } from "./facts.ts";
import type { Place } from "./place.ts";
import { clockFactor, type DemoPlan, planDemo } from "./plan.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import type { Facts } from "./result.ts";
import { batchName, demoRows, markerOf } from "./rows.ts";

export interface DemoWish {
  count: number;
  seed: number;
  /** Every mode over these; left out: text alone, over HiAPI and JieKou. */
  providers?: readonly SimulatorProvider[] | undefined;
  root: string;
  env: NodeJS.ProcessEnv;
  place: Place;
  screen: Screen;
  /** Aborted: it ends with what there is by then. */
  signal: AbortSignal;
  /** Gets the system once it runs. */
  onStarted(system: System): void;
}

/** What a run found, and what was still open where it was given up. */
export interface DemoRun {
  facts: Facts;
  open?: Open;
}

export interface Open {
  /** By the signal, or because nothing had changed for two minutes. */
  by: "signal" | "standstill";
  /** How many generations are in which state. */
  states: string;
}

const stopWithinMs = 30_000;
/** Longer than the lease on a POST: what a worker that died had in hand is back by then. */
const standstillSeconds = 120;

/** Runs a whole system of its own on the simulator, sends it the generations, waits for every webhook, and stops it in order. */
export async function runDemo(wish: DemoWish): Promise<DemoRun> {
  const { place, root, env, seed, providers, screen } = wish;
  const plan = planDemo({ root, home: place.home, ports: place.ports, env, seed, providers });
  await using receiver = await startReceiver(plan.webhookSecret);
  screen.say(`Starting Redis, the simulator, api, submitter, poller and finalizer in ${place.home}`);
  const system = await start(plan, wish);
  wish.onStarted(system);
  const { open, ...found } = await work(system, plan, receiver, wish).finally(() => stop(system, screen));
  const facts = { ...found, received: receiver.received, videoBytes: await videoBytesIn(plan.outputsDirectory) };
  return { facts, ...(open !== undefined && { open }) };
}

/** The signal gives up only the start: afterwards the simulator is still asked for its bill before it is stopped. */
async function start(plan: DemoPlan, { signal, screen }: DemoWish): Promise<System> {
  const starting = new AbortController();
  const giveUp = () => starting.abort();
  signal.addEventListener("abort", giveUp);
  try {
    return await startSystem({ ...plan.wish, log: screen.say, signal: starting.signal });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function stop(system: System, screen: Screen): Promise<void> {
  screen.say("Stopping");
  const timer = setTimeout(() => system.kill(), stopWithinMs);
  await system.stop();
  clearTimeout(timer);
}

type Measured = Omit<Facts, "received" | "videoBytes"> & { open?: Open };

async function work(system: System, plan: DemoPlan, receiver: Receiver, wish: DemoWish): Promise<Measured> {
  const client = createClient({ url: plan.apiUrl, key: plan.apiKey });
  const commandsBefore = await commandsServed(system.redis.url);
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const accepted = await enqueue(client, receiver, plan, wish);
  const open = await allAnnounced(client, accepted.size, receiver, wish, seconds);
  return {
    asked: wish.count,
    accepted,
    seconds: seconds(),
    redisCommands: (await commandsServed(system.redis.url)) - commandsBefore,
    bill: await billOf(plan.simulatorUrl),
    polls: await pollsOf(plan.simulatorUrl),
    succeededByApi: (await lookAt(client))?.counts.succeeded,
    ...(open !== undefined && { open }),
  };
}

async function enqueue(client: Client, { url: webhook }: Receiver, { simulatorUrl }: DemoPlan, wish: DemoWish) {
  const { count, seed, providers, screen, signal } = wish;
  const accepted = new Map<string, string>();
  const rows = demoRows({ count, seed, webhook, providers, simulatorUrl });
  try {
    for await (const row of client.enqueueMany(rows, { signal })) {
      if (row.status === "accepted") accepted.set(markerOf(seed, row.line - 1), row.id);
      if (row.status === "refused") screen.say(`Row ${row.line} was refused: ${row.error.message}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  screen.say(`${accepted.size} generations accepted; the simulator's clock runs ${clockFactor} times faster than ours`);
  return accepted;
}

/** Resolves once every generation has announced its end; where that is given up, with what was still open. */
async function allAnnounced(
  client: Client,
  count: number,
  { received }: Receiver,
  { screen, signal }: DemoWish,
  seconds: () => number,
): Promise<Open | undefined> {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let last = { states: "", at: 0 };
  while (received.events.size < count) {
    if (signal.aborted) return { by: "signal", states: statesOf(await lookAt(client), received) };
    if (seconds() - last.at > standstillSeconds) return { by: "standstill", states: last.states };
    if (seconds() - lookedAt >= 1) {
      lookedAt = seconds();
      const view = await lookAt(client);
      if (view) screen.show([`${progressLine(view, seconds())} · ${received.events.size} announced`]);
      const states = statesOf(view, received);
      if (states !== last.states) last = { states, at: lookedAt };
    }
    await delay(20);
  }
  return undefined;
}

/** An API that cannot answer right now is no reason to end: the webhooks decide. */
async function lookAt(client: Client): Promise<BatchView | undefined> {
  try {
    return await client.batch(batchName);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function statesOf(view: BatchView | undefined, { events }: Receiver["received"]): string {
  const counts = Object.entries(view?.counts ?? {}).map(([state, count]) => `${count} ${state}`);
  return [...counts, `${events.size} announced`].join(", ");
}
