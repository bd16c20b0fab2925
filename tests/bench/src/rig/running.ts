import { createHash } from "node:crypto";
import * as ledger from "@reelqueue/ledger";
import { type Move, sendAll } from "@reelqueue/ledger/testing";
import { Pool } from "undici";

const account = "hiapi";
const chunk = 500;
const connections = 50;
const runClass = "hiapi/seedance-2.0/720p/5/text";

/** Creates this many tasks at the simulator. */
export async function createTasks(simulatorUrl: string, size: number): Promise<string[]> {
  const pool = new Pool(simulatorUrl, { connections });
  const headers = { authorization: "Bearer simulator-key", "content-type": "application/json" };
  const ids: string[] = [];
  const create = async (): Promise<void> => {
    while (ids.length < size) {
      const place = ids.push("") - 1;
      const body = JSON.stringify({ model: "seedance-2-0", input: { prompt: `task ${place}` } });
      const { body: answer } = await pool.request({ method: "POST", path: "/hiapi/v1/tasks", headers, body });
      ids[place] = ((await answer.json()) as { data: { taskId: string } }).data.taskId;
    }
  };
  await Promise.all(Array.from({ length: connections }, create));
  await pool.close();
  return ids;
}

export interface Moment {
  /** Ms until the first poll. */
  dueInMs: number;
  /** Ms since the start of the task. */
  ageMs: number;
}

/**
 * Puts a running generation of account `hiapi` into the ledger for each task; `moment` sets the age of each one and its
 * first poll.
 */
export async function fill(
  cell: ledger.Cell,
  tasks: readonly string[],
  moment: (place: number) => Moment = () => ({ dueInMs: 3_600_000, ageMs: 0 }),
): Promise<void> {
  const limits = { slots: tasks.length, rate: 0, burst: 0, window: chunk, leaseMs: 30_000, weights: {} };
  for (let start = 0; start < tasks.length; start += chunk) {
    const rows = tasks.slice(start, start + chunk).map((task) => newGeneration(cell, task));
    await ledger.accept(cell, rows);
    await ledger.admit(cell, account, limits);
    await sendAll(
      cell,
      rows.map(({ id }) => begin(id)),
    );
    await sendAll(
      cell,
      rows.map(({ id }, i) => bind(id, tasks[start + i] ?? "", moment(start + i))),
    );
  }
}

/** The generation that `fill` made for a task. */
export const generationOf = (cell: string, task: string): string => ledger.generationId(cell, "default", task);

/** Records 64 run times of a class, log-normal around the median. */
export async function teach(cell: ledger.Cell, medianMs: number, sigma: number, className = runClass): Promise<void> {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const runs = Array.from({ length: 64 }, () => ({ class: className, ms: medianMs * Math.exp(sigma * normal()) }));
  await Promise.all(runs.map((run) => ledger.recordRunTime(cell, run)));
}

function newGeneration(cell: ledger.Cell, task: string): ledger.NewGeneration {
  const requestHash = createHash("sha256").update(task).digest("base64url").slice(0, 16);
  const request = JSON.stringify({ prompt: task, model: "seedance-2.0", seconds: 5, resolution: "720p" });
  const place = { account, tenant: "default", priority: 0, runTimeClass: runClass };
  return { id: generationOf(cell.name, task), requestHash, request, ...place };
}

function begin(id: string): Move {
  const due = { lane: "submitting", inMs: 90_000 } as const;
  return { id, from: ["queued"], to: "submitting", token: `${id.slice(-8)}`, due };
}

function bind(id: string, task: string, { dueInMs, ageMs }: Moment): Move {
  const due = { lane: "poll", inMs: Math.round(dueInMs) } as const;
  const set = ageMs > 0 ? { stateChangedAtMs: Date.now() - ageMs } : {};
  return { id, from: ["submitting"], to: "running", token: `${id.slice(-8)}+`, bindTask: task, due, set };
}
