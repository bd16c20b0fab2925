import { createHash } from "node:crypto";
import * as ledger from "@reelqueue/ledger";
import { bring } from "@reelqueue/ledger/testing";
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
    const part = tasks.slice(start, start + chunk);
    const rows = part.map((task) => newGeneration(cell, task, requestOf(task)));
    await ledger.accept(cell, rows);
    await ledger.admit(cell, account, limits);
    await Promise.all(rows.map(({ id }, i) => bindTask(cell, id, part[i] ?? "", moment(start + i))));
  }
}

/** Opens the cell of the workers; the caller closes it. */
export async function openCell(url: string): Promise<ledger.Cell> {
  const cell = ledger.openCell({ url, cell: "reel", role: "worker" });
  await ledger.awaitReady(cell, 5_000);
  return cell;
}

/** The generation of a key; `fill` takes the task as its key. */
export const generationOf = (cell: string, key: string): string => ledger.generationId(cell, "default", key);

/** Records 64 run times of a class, log-normal around the median. */
export async function teach(cell: ledger.Cell, medianMs: number, sigma: number, className = runClass): Promise<void> {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const runs = Array.from({ length: 64 }, () => ({ class: className, ms: medianMs * Math.exp(sigma * normal()) }));
  await Promise.all(runs.map((run) => ledger.recordRunTime(cell, run)));
}

/** A generation of account `hiapi`, of the class whose run times `teach` records by default. */
export function newGeneration(cell: ledger.Cell, key: string, request: string): ledger.NewGeneration {
  const requestHash = createHash("sha256").update(request).digest("base64url").slice(0, 16);
  const place = { account, tenant: "default", priority: 0, runTimeClass: runClass };
  return { id: generationOf(cell.name, key), requestHash, request, ...place };
}

const requestOf = (task: string): string =>
  JSON.stringify({ prompt: task, model: "seedance-2.0", seconds: 5, resolution: "720p" });

async function bindTask(cell: ledger.Cell, id: string, taskId: string, { dueInMs, ageMs }: Moment): Promise<void> {
  const due = { lane: "poll", inMs: Math.round(dueInMs) } as const;
  const since = ageMs > 0 && { stateChangedAtMs: Date.now() - ageMs };
  await bring(cell, [id], "running", { taskId, ...since, last: { due } });
}
