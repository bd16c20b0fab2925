import { findOrAdd } from "./maps.ts";
import type { Task } from "./task.ts";

/** Charges and refunds, in whole micro-USD. */
export type Sums = ReturnType<typeof noSums>;

/** Charges every accepted task once, and refunds every failed or stopped task once. */
export class Bill {
  readonly #byVendor = new Map<string, Sums>();

  charge(task: Task): void {
    add(findOrAdd(this.#byVendor, task.account.vendor, noSums), chargeOf(task));
  }

  refund(task: Task): void {
    if (task.refunded) return;
    task.refunded = true;
    add(findOrAdd(this.#byVendor, task.account.vendor, noSums), refundOf(task));
  }

  byVendor(): Record<string, Sums> {
    return structuredClone(Object.fromEntries(this.#byVendor));
  }
}

/** The whole bill, or that of one marker. */
export function billReport(bill: Bill, tasks: Iterable<Task>, forgottenTasks: number, marker?: string) {
  const byMarker = new Map<string, Sums & { taskIds: string[] }>();
  const ofMarker = new Map<string, Sums>();
  for (const task of tasks) {
    if (task.marker === undefined || (marker !== undefined && task.marker !== marker)) continue;
    const row = findOrAdd(byMarker, task.marker, () => ({ ...noSums(), taskIds: [] }));
    row.taskIds.push(task.id);
    for (const sums of [row, findOrAdd(ofMarker, task.account.vendor, noSums)]) {
      add(sums, chargeOf(task));
      if (task.refunded) add(sums, refundOf(task));
    }
  }
  /** By vendor name; only vendors with at least one charge. */
  const byVendor = marker === undefined ? bill.byVendor() : Object.fromEntries(ofMarker);
  return {
    ...total(Object.values(byVendor)),
    byVendor,
    byMarker: Object.fromEntries(byMarker),
    /** Markers with more than one charge that was not refunded. */
    duplicates: [...byMarker].filter(([, row]) => row.charges - row.refunds > 1).map(([name]) => name),
    /** Finished tasks that were dropped; the sums above still include them. */
    forgottenTasks,
  };
}

export function total(parts: Sums[]): Sums {
  const whole = noSums();
  for (const part of parts) add(whole, part);
  return whole;
}

function add(sums: Sums, part: Partial<Sums>): void {
  const { tasks = 0, charges = 0, refunds = 0, chargedMicroUsd = 0, refundedMicroUsd = 0 } = part;
  sums.tasks += tasks;
  sums.charges += charges;
  sums.refunds += refunds;
  sums.chargedMicroUsd += chargedMicroUsd;
  sums.refundedMicroUsd += refundedMicroUsd;
}

function chargeOf({ order }: Task): Partial<Sums> {
  return { tasks: 1, charges: 1, chargedMicroUsd: order.microUsd };
}

function refundOf({ order }: Task): Partial<Sums> {
  return { refunds: 1, refundedMicroUsd: order.microUsd };
}

function noSums() {
  return { tasks: 0, charges: 0, refunds: 0, chargedMicroUsd: 0, refundedMicroUsd: 0 };
}
