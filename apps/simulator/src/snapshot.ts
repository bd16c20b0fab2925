import { type FaultPlan, faultNames } from "./faults.ts";
import type { TaskSnapshot } from "./options.ts";
import type { Simulation } from "./simulation.ts";

export function takeSnapshot(simulation: Simulation): TaskSnapshot[] {
  const now = Date.now();
  return [...simulation.tasks.all()].map((task) => {
    const { id, number, account, order, marker, chance, plan, failure, stopped, deleted, idempotency } = task;
    const faults = [...(plan ?? [])].map(([name, { left }]) => [name, Number.isFinite(left) ? left : null]);
    return {
      ...{ id, number, vendor: account.vendor, key: account.key, order, chance, ageMs: now - task.acceptedAt, deleted },
      ...{ faults: Object.fromEntries(faults), marker, failure, stopped, idempotency },
    };
  });
}

/** Adds the tasks of another simulator, with their charges. With the same options each task ends as it would there. */
export function restoreSnapshot(simulation: Simulation, tasks: readonly TaskSnapshot[]): void {
  for (const { vendor: name, key, faults, ageMs, failure, stopped, deleted, ...given } of tasks) {
    const vendor = simulation.vendors.get(name);
    if (!vendor) throw new Error(`snapshot: unknown vendor ${name}`);
    const account = simulation.accountOf(vendor, key);
    const plan: FaultPlan = new Map();
    for (const fault of faultNames) {
      const left = faults[fault];
      if (left !== undefined) plan.set(fault, { left: left ?? Number.POSITIVE_INFINITY });
    }
    const started = { ...given, marker: given.marker, account, plan: plan.size > 0 ? plan : undefined };
    const task = simulation.tasks.start(started, Date.now() - ageMs);
    Object.assign(task, { failure, deleted });
    simulation.lastNumber = Math.max(simulation.lastNumber, task.number);
    simulation.bill.charge(task);
    if (stopped) void simulation.tasks.end(task, stopped);
  }
}
