import { maskKey } from "./log.ts";
import type { Simulation } from "./simulation.ts";
import type { NormalizedRequest, Phase, Task } from "./task.ts";

export const phases = [
  "queued",
  "running",
  "archiving",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const satisfies readonly Phase[];

/** One task as the operator sees it. */
export interface TaskRow {
  id: string;
  vendor: string;
  key: string;
  marker: string | undefined;
  state: Phase;
  model: string;
  resolution: string;
  seconds: number;
  ratio: string;
  microUsd: number;
  refunded: boolean;
  reads: number;
  acceptedAt: number;
  endedAt: number;
  faults: string[];
  request: NormalizedRequest | undefined;
}

/** At most `limit` tasks, newest first. */
export function listTasks(simulation: Simulation, limit: number, state?: Phase): TaskRow[] {
  const chosen: Task[] = [];
  for (const task of [...simulation.tasks.all()].reverse()) {
    if (chosen.length >= limit) break;
    if (state === undefined || simulation.tasks.phase(task) === state) chosen.push(task);
  }
  return chosen.map((task) => rowOf(simulation, task));
}

function rowOf(simulation: Simulation, task: Task): TaskRow {
  const { id, account, marker, order, refunded, reads, acceptedAt, endedAt, plan } = task;
  const { model, resolution, seconds, ratio, microUsd, request } = order;
  return {
    ...{ id, vendor: account.vendor, key: maskKey(account.key), marker, state: simulation.tasks.phase(task) },
    ...{ model, resolution, seconds, ratio, microUsd, request, refunded, reads, acceptedAt, endedAt },
    faults: [...(plan?.keys() ?? [])],
  };
}

/** Task counts by phase, and per key the current and the highest counts of requests and tasks. */
export function statistics(simulation: Simulation) {
  const byState = Object.fromEntries(phases.map((phase) => [phase, 0]));
  for (const task of simulation.tasks.all()) {
    const phase = simulation.tasks.phase(task);
    byState[phase] = (byState[phase] ?? 0) + 1;
  }
  const accounts = simulation.accounts.all().map((account) => ({
    vendor: account.vendor,
    key: maskKey(account.key),
    running: account.running,
    peakRunning: account.peakRunning,
    requests: account.requests,
    refusedRequests: account.refusedRequests,
    refusedTasks: account.refusedTasks,
    peakRequestsInWindow: account.peakRequestsInWindow,
  }));
  return { tasks: byState, accounts, callbacks: { on: simulation.callbacks.on, ...simulation.callbacks.counts } };
}
