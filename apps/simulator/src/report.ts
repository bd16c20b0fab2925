import { maskKey } from "./log.ts";
import type { Simulation } from "./simulation.ts";
import { type Phase, phases, type Task } from "./task.ts";

export type TaskRow = ReturnType<typeof rowOf>;

/** At most `limit` tasks, newest first. */
export function listTasks({ tasks }: Simulation, limit: number, state?: Phase): TaskRow[] {
  const chosen = [...tasks.all()].filter((task) => state === undefined || tasks.phase(task) === state);
  return chosen
    .slice(-limit)
    .reverse()
    .map((task) => rowOf(task, tasks.phase(task)));
}

/** One task as the operator sees it. */
function rowOf(task: Task, state: Phase) {
  const { id, account, marker, order, refunded, reads, acceptedAt, endedAt, plan } = task;
  const { model, resolution, seconds, ratio, microUsd, request } = order;
  return {
    ...{ id, vendor: account.vendor, key: maskKey(account.key), marker, state },
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
  const rows = [...simulation.accounts.values()];
  const accounts = rows.map(({ concurrent: _, ...account }) => ({ ...account, key: maskKey(account.key) }));
  return { tasks: byState, accounts, callbacks: { on: simulation.callbacks.on, ...simulation.callbacks.counts } };
}
