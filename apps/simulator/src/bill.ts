import { findOrAdd } from "./maps.ts";
import type { Task } from "./task.ts";

const sumNames = ["tasks", "charges", "refunds", "chargedMicroUsd", "refundedMicroUsd"] as const;

/** Charges and refunds, in whole micro-USD. */
export type Sums = Record<(typeof sumNames)[number], number>;

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
  const marked = [...tasks].filter((task) => task.marker !== undefined && task.marker === (marker ?? task.marker));
  const byMarker = Map.groupBy(marked, (task) => task.marker ?? "");
  const rows = [...byMarker].map(
    ([name, all]) => [name, { ...sumsOf(all), taskIds: all.map(({ id }) => id) }] as const,
  );
  const ofMarker = [...Map.groupBy(marked, ({ account }) => account.vendor)];
  /** By vendor name; only vendors with at least one charge. */
  const byVendor =
    marker === undefined ? bill.byVendor() : Object.fromEntries(ofMarker.map(([name, all]) => [name, sumsOf(all)]));
  return {
    ...total(Object.values(byVendor)),
    byVendor,
    byMarker: Object.fromEntries(rows),
    /** Markers with more than one charge that was not refunded. */
    duplicates: rows.filter(([, row]) => row.charges - row.refunds > 1).map(([name]) => name),
    /** Finished tasks that were dropped; the sums above still include them. */
    forgottenTasks,
  };
}

export function total(parts: Partial<Sums>[]): Sums {
  const whole = noSums();
  for (const part of parts) add(whole, part);
  return whole;
}

function sumsOf(tasks: Task[]): Sums {
  return total(tasks.flatMap((task) => (task.refunded ? [chargeOf(task), refundOf(task)] : [chargeOf(task)])));
}

function add(sums: Sums, part: Partial<Sums>): void {
  for (const name of sumNames) sums[name] += part[name] ?? 0;
}

function chargeOf({ order }: Task): Partial<Sums> {
  return { tasks: 1, charges: 1, chargedMicroUsd: order.microUsd };
}

function refundOf({ order }: Task): Partial<Sums> {
  return { refunds: 1, refundedMicroUsd: order.microUsd };
}

function noSums(): Sums {
  return { tasks: 0, charges: 0, refunds: 0, chargedMicroUsd: 0, refundedMicroUsd: 0 };
}
