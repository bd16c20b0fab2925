import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { type App, appFile, type LocalRedis, type System, startMember } from "@reelqueue/testing";
import { openMeters, usagePer } from "../rig/meters.ts";
import { writeConfig } from "../rig/producer.ts";
import { billOf } from "../rig/received.ts";
import { createTasks, fill, openCell } from "../rig/running.ts";
import { entryFile, startRedis } from "../rig/system.ts";

export interface Pace {
  /** Between two polls of one task; 0: every task is always due. */
  intervalMs: number;
  seconds: number;
}

const account = "hiapi";
const chunk = 500;
const warmUpMs = 3_000;

/** Opens a field of this many tasks that run at the simulator and in the ledger and never end. */
export async function openField(size: number) {
  await using scope = new AsyncDisposableStack();
  const system = await startRedis(scope);
  const env = { SIMULATOR_LIMITS: "off", SIMULATOR_FINISH_AFTER_POLLS: "1000000000" };
  const [simulator] = await system.start([{ name: "simulator", entry: appFile("simulator"), env }], startMember);
  const cell = scope.use(await openCell(system.redis.url));
  await fill(cell, await createTasks(simulator.url, size));
  const kept = scope.move();
  return {
    measurePolls: (pace: Pace) => measurePolls({ cell, system, simulator, size }, pace),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface Field {
  cell: ledger.Cell;
  system: System<LocalRedis>;
  simulator: App;
  size: number;
}

/** Runs the real poller for `seconds`; returns the cost of one poll. */
async function measurePolls(field: Field, { intervalMs, seconds }: Pace): Promise<Record<string, number>> {
  const { cell, system, simulator, size } = field;
  await spread(cell, size, intervalMs);
  const env = { ...writeConfig(simulator.url, unlimited), INTERVAL_MS: `${intervalMs}` };
  const [started] = await system.start([{ name: "poller", entry: entryFile("poller"), env }], startMember);
  await using poller = started;
  await using meters = openMeters(system.redis.url, { node: poller.pid, simulator: simulator.pid });
  await wait(warmUpMs);
  await fetch(`${poller.url}/reset`);
  const [before, billBefore] = [await meters.read(), await billOf(simulator)];
  await wait(1_000 * seconds);
  const [after, bill] = [await meters.read(), await billOf(simulator)];
  const lateness = (await (await fetch(`${poller.url}/lateness`)).json()) as { p50: number; p99: number };
  const polls = bill.polls - billBefore.polls;
  const { seconds: took, commands, cpuMs } = usagePer(polls, before, after);
  const { redis = Number.NaN, node = Number.NaN, simulator: upstream = Number.NaN } = cpuMs;
  return {
    "per second": polls / took,
    commands,
    "CPU µs": 1_000 * (redis + node),
    "redis µs": 1_000 * redis,
    "node µs": 1_000 * node,
    "simulator µs": 1_000 * upstream,
    "late p50 ms": lateness.p50,
    "late p99 ms": lateness.p99,
  };
}

const unlimited = { limits: { inFlight: 1_000_000, requestsPerMinute: 1e9 } };

/** Spreads the due times evenly over one interval, so that polls have an even pace from the start. */
async function spread(cell: ledger.Cell, size: number, intervalMs: number): Promise<void> {
  await ledger.makeAllDue(cell, "poll", account);
  for (let done = 0; done < size; ) {
    const { items, lease } = await ledger.claim(cell, "poll", account, { fields: [], limit: chunk, leaseMs: 600_000 });
    const nextInMs = (i: number) => warmUpMs + ((done + i) / size) * intervalMs;
    const place = { lane: "poll", account, lease } as const;
    await Promise.all(items.map(({ id }, i) => ledger.reschedule(cell, { ...place, id, nextInMs: nextInMs(i) })));
    done += items.length;
  }
}
