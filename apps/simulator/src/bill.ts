import type { Task } from "./task.ts";

/** Charges and refunds, in whole micro-USD. */
export interface Sums {
  tasks: number;
  charges: number;
  refunds: number;
  chargedMicroUsd: number;
  refundedMicroUsd: number;
}

export interface BillReport extends Sums {
  /** By vendor name; only vendors with at least one charge. */
  byVendor: Record<string, Sums>;
  byMarker: Record<string, Sums & { taskIds: string[] }>;
  /** Markers with more than one charge that was not refunded. */
  duplicates: string[];
  /** Finished tasks that were dropped; the sums above still include them. */
  forgottenTasks: number;
}

/** Charges every accepted task once, and refunds every failed or stopped task once. */
export class Bill {
  readonly #byVendor = new Map<string, Sums>();

  charge(task: Task): void {
    charge(rowOf(this.#byVendor, task.account.vendor, noSums), task);
  }

  refund(task: Task): void {
    if (task.refunded) return;
    task.refunded = true;
    refund(rowOf(this.#byVendor, task.account.vendor, noSums), task);
  }

  byVendor(): Record<string, Sums> {
    return structuredClone(Object.fromEntries(this.#byVendor));
  }

  clear(): void {
    this.#byVendor.clear();
  }
}

/** The whole bill, or that of one marker. */
export function billReport(bill: Bill, tasks: Iterable<Task>, forgottenTasks: number, marker?: string): BillReport {
  const byMarker = new Map<string, Sums & { taskIds: string[] }>();
  const ofMarker = new Map<string, Sums>();
  for (const task of tasks) {
    if (task.marker === undefined || (marker !== undefined && task.marker !== marker)) continue;
    const row = rowOf(byMarker, task.marker, () => ({ ...noSums(), taskIds: [] }));
    row.taskIds.push(task.id);
    for (const sums of [row, rowOf(ofMarker, task.account.vendor, noSums)]) {
      charge(sums, task);
      if (task.refunded) refund(sums, task);
    }
  }
  const byVendor = marker === undefined ? bill.byVendor() : Object.fromEntries(ofMarker);
  return {
    ...total(Object.values(byVendor)),
    byVendor,
    byMarker: Object.fromEntries(byMarker),
    duplicates: [...byMarker].filter(([, row]) => row.charges - row.refunds > 1).map(([name]) => name),
    forgottenTasks,
  };
}

export function total(parts: Sums[]): Sums {
  const whole = noSums();
  for (const part of parts) {
    whole.tasks += part.tasks;
    whole.charges += part.charges;
    whole.refunds += part.refunds;
    whole.chargedMicroUsd += part.chargedMicroUsd;
    whole.refundedMicroUsd += part.refundedMicroUsd;
  }
  return whole;
}

function charge(sums: Sums, task: Task): void {
  sums.tasks += 1;
  sums.charges += 1;
  sums.chargedMicroUsd += task.order.microUsd;
}

function refund(sums: Sums, task: Task): void {
  sums.refunds += 1;
  sums.refundedMicroUsd += task.order.microUsd;
}

function rowOf<Row>(rows: Map<string, Row>, name: string, fresh: () => Row): Row {
  const row = rows.get(name) ?? fresh();
  rows.set(name, row);
  return row;
}

function noSums(): Sums {
  return { tasks: 0, charges: 0, refunds: 0, chargedMicroUsd: 0, refundedMicroUsd: 0 };
}
