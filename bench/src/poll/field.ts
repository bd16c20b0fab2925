import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { startLocalRedis } from "@reelqueue/testing";
import { Pool } from "undici";
import { appFile, type Child, entryFile, startChild } from "../rig/child.ts";
import { openMeters, usagePer } from "../rig/meters.ts";
import { billOf } from "../rig/received.ts";
import { writeConfig } from "../rig/system.ts";

export interface Pace {
  /** Between two looks at one task; 0: every task is always due. */
  intervalMs: number;
  seconds: number;
}

const account = "hiapi";
const chunk = 500;
const warmUpMs = 3_000;

/** So many tasks that run at the twin and in the ledger, and never end. */
export async function openField(size: number) {
  await using scope = new AsyncDisposableStack();
  const redis = await startLocalRedis();
  scope.defer(() => redis.stop());
  const twin = scope.use(
    await startChild(appFile("twin"), "twin", { TWIN_LIMITS: "off", TWIN_FINISH_AFTER_POLLS: "1000000000" }),
  );
  const cell = scope.use(ledger.openCell({ url: redis.url, cell: "reel", role: "worker" }));
  await ledger.awaitReady(cell, 5_000);
  await fill(cell, await createTasks(twin.url, size));
  const kept = scope.move();
  return {
    polled: (pace: Pace) => polled(cell, redis.url, twin, size, pace),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Lets the real poller look for a while, and says what each look has cost. */
async function polled(
  cell: ledger.Cell,
  redisUrl: string,
  twin: Child,
  size: number,
  { intervalMs, seconds }: Pace,
): Promise<Record<string, number>> {
  await spread(cell, size, intervalMs);
  const env = { REDIS_URL: redisUrl, ...writeConfig(twin.url, unlimited), INTERVAL_MS: `${intervalMs}` };
  await using poller = await startChild(entryFile("poller"), "poller", env);
  await using meters = openMeters(redisUrl, { node: poller.pid, twin: twin.pid });
  await wait(warmUpMs);
  await fetch(`${poller.url}/reset`);
  const [before, billBefore] = [await meters.read(), await billOf(twin)];
  await wait(1_000 * seconds);
  const [after, bill] = [await meters.read(), await billOf(twin)];
  const lateness = (await (await fetch(`${poller.url}/lateness`)).json()) as { p50: number; p99: number };
  const polls = bill.polls - billBefore.polls;
  const { seconds: took, commands, cpuMs } = usagePer(polls, before, after);
  const { redis = Number.NaN, node = Number.NaN, twin: upstream = Number.NaN } = cpuMs;
  return {
    "per second": polls / took,
    commands,
    "CPU µs": 1_000 * (redis + node),
    "redis µs": 1_000 * redis,
    "node µs": 1_000 * node,
    "twin µs": 1_000 * upstream,
    "late p50 ms": lateness.p50,
    "late p99 ms": lateness.p99,
  };
}

const unlimited = { limits: { inFlight: 1_000_000, requestsPerMinute: 1e9 } };

/** Due times evenly over one interval, so that looks come at an even pace from the start. */
async function spread(cell: ledger.Cell, size: number, intervalMs: number): Promise<void> {
  await ledger.pull(cell, "poll", account);
  for (let done = 0; done < size; ) {
    const { items, lease } = await ledger.claim(cell, "poll", account, [], { limit: chunk, leaseMs: 600_000 });
    const looks = items.map(({ id }, i) => ({ id, nextInMs: warmUpMs + ((done + i) / size) * intervalMs }));
    done += items.length;
    await ledger.polled(cell, "poll", account, lease, looks);
  }
}

async function createTasks(twinUrl: string, size: number): Promise<string[]> {
  const pool = new Pool(twinUrl, { connections: 50 });
  const headers = { authorization: "Bearer twin-key", "content-type": "application/json" };
  const ids: string[] = [];
  const create = async (): Promise<void> => {
    while (ids.length < size) {
      const place = ids.push("") - 1;
      const body = JSON.stringify({ model: "seedance-2-0", input: { prompt: `task ${place}` } });
      const { body: answer } = await pool.request({ method: "POST", path: "/hiapi/v1/tasks", headers, body });
      ids[place] = ((await answer.json()) as { data: { taskId: string } }).data.taskId;
    }
  };
  await Promise.all(Array.from({ length: 50 }, create));
  await pool.close();
  return ids;
}

/** A running generation in the ledger for each task. */
async function fill(cell: ledger.Cell, tasks: readonly string[]): Promise<void> {
  for (let start = 0; start < tasks.length; start += chunk) {
    const part = tasks.slice(start, start + chunk);
    const rows = part.map((task) => newGeneration(cell, task));
    await ledger.accept(cell, rows);
    await ledger.admit(cell, account, {
      slots: tasks.length,
      rate: 0,
      burst: 0,
      window: chunk,
      leaseMs: 30_000,
      weights: {},
    });
    await ledger.moveAll(
      cell,
      rows.map(({ id }) => begin(id)),
    );
    await ledger.moveAll(
      cell,
      rows.map(({ id }, i) => bind(id, part[i] ?? "")),
    );
  }
}

function newGeneration(cell: ledger.Cell, task: string): ledger.NewGeneration {
  const id = ledger.generationId(cell.name, "default", task);
  const hash = createHash("sha256").update(task).digest("base64url").slice(0, 16);
  const request = JSON.stringify({ prompt: task, model: "seedance-2.0", seconds: 5, resolution: "720p" });
  const place = { account, tenant: "default", priority: 0, class: "hiapi/seedance-2.0/720p/5/text" };
  return { id, hash, request, ...place };
}

function begin(id: string): ledger.Move {
  const due = { lane: "submitting", inMs: 90_000 } as const;
  return { id, from: ["queued"], to: "submitting", token: `${id.slice(-8)}`, due };
}

function bind(id: string, task: string): ledger.Move {
  const due = { lane: "poll", inMs: 3_600_000 } as const;
  return { id, from: ["submitting"], to: "running", token: `${id.slice(-8)}+`, task, due, set: { polls: "0" } };
}
