import { type FaultPlan, faultNames } from "./faults.ts";
import type { TaskSnapshot } from "./options.ts";
import type { Simulation } from "./simulation.ts";

export function takeSnapshot(simulation: Simulation): TaskSnapshot[] {
  const now = simulation.clock.now();
  const keys = new Map([...simulation.keys.all()].map(({ task, key, bodyHash }) => [task, { key, bodyHash }]));
  return [...simulation.tasks.all()].map((task) => {
    const { id, number, account, order, marker, chance, plan, acceptedAt, failure, stopped, deleted } = task;
    const left = [...(plan ?? [])].map(([name, counter]) => [
      name,
      Number.isFinite(counter.left) ? counter.left : null,
    ]);
    const idempotency = keys.get(task);
    return {
      ...{ id, number, vendor: account.vendor, key: account.key, order, chance, ageMs: now - acceptedAt, deleted },
      faults: Object.fromEntries(left),
      ...(marker !== undefined && { marker }),
      ...(failure !== undefined && { failure }),
      ...(stopped !== undefined && { stopped }),
      ...(idempotency !== undefined && { idempotency }),
    };
  });
}

/** Adds the tasks of another simulator, with their charges. With the same options each task ends as it would there. */
export function restoreSnapshot(simulation: Simulation, tasks: readonly TaskSnapshot[]): void {
  for (const { vendor: name, key, faults, ageMs, failure, stopped, deleted, idempotency, ...given } of tasks) {
    const vendor = simulation.vendors.get(name);
    if (!vendor) throw new Error(`snapshot: unknown vendor ${name}`);
    const account = simulation.accounts.of(vendor, key);
    const plan: FaultPlan = new Map(
      faultNames.flatMap((fault) => {
        const left = faults[fault];
        return left === undefined ? [] : [[fault, { left: left ?? Number.POSITIVE_INFINITY }]];
      }),
    );
    const acceptedAt = simulation.clock.now() - ageMs;
    const task = simulation.tasks.start(
      { ...given, marker: given.marker, account, plan: plan.size > 0 ? plan : undefined },
      acceptedAt,
    );
    Object.assign(task, { failure, deleted });
    simulation.lastNumber = Math.max(simulation.lastNumber, task.number);
    simulation.bill.charge(task);
    if (idempotency) simulation.keys.add({ task, ...idempotency });
    if (stopped) void simulation.tasks.end(task, stopped);
  }
}
