import type { Task } from "./tasks.ts";

/** What the provider took and gave back, in whole micro-USD. */
export interface Sums {
  tasks: number;
  charges: number;
  refunds: number;
  chargedMicroUsd: number;
  refundedMicroUsd: number;
}

export interface Ledger extends Sums {
  byMarker: Record<string, Sums & { taskIds: string[] }>;
  /** Markers with more than one charge that was not refunded: paid twice. */
  duplicates: string[];
  /** Finished tasks that are no longer kept one by one; the sums above still hold them. */
  forgottenTasks: number;
}

/** Charges every accepted task once and refunds every failed one once. */
export class Bill {
  #sums = noSums();

  charge(task: Task): void {
    this.#sums.tasks += 1;
    this.#sums.charges += 1;
    this.#sums.chargedMicroUsd += task.order.microUsd;
  }

  refund(task: Task): void {
    if (task.refunded) return;
    task.refunded = true;
    this.#sums.refunds += 1;
    this.#sums.refundedMicroUsd += task.order.microUsd;
  }

  sums(): Sums {
    return { ...this.#sums };
  }

  clear(): void {
    this.#sums = noSums();
  }
}

/** The whole bill, or that of one marker. */
export function ledger(bill: Bill, tasks: Iterable<Task>, forgottenTasks: number, marker?: string): Ledger {
  const byMarker = new Map<string, Sums & { taskIds: string[] }>();
  for (const task of tasks) {
    if (task.marker === undefined || (marker !== undefined && task.marker !== marker)) continue;
    addTo(byMarker, task.marker, task);
  }
  const sums = marker === undefined ? bill.sums() : (byMarker.get(marker) ?? noSums());
  return {
    tasks: sums.tasks,
    charges: sums.charges,
    refunds: sums.refunds,
    chargedMicroUsd: sums.chargedMicroUsd,
    refundedMicroUsd: sums.refundedMicroUsd,
    byMarker: Object.fromEntries(byMarker),
    duplicates: [...byMarker].filter(([, row]) => row.charges - row.refunds > 1).map(([name]) => name),
    forgottenTasks,
  };
}

function addTo(rows: Map<string, Sums & { taskIds: string[] }>, marker: string, task: Task): void {
  const row = rows.get(marker) ?? { ...noSums(), taskIds: [] };
  row.tasks += 1;
  row.charges += 1;
  row.chargedMicroUsd += task.order.microUsd;
  if (task.refunded) {
    row.refunds += 1;
    row.refundedMicroUsd += task.order.microUsd;
  }
  row.taskIds.push(task.id);
  rows.set(marker, row);
}

function noSums(): Sums {
  return { tasks: 0, charges: 0, refunds: 0, chargedMicroUsd: 0, refundedMicroUsd: 0 };
}
