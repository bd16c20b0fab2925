import type { Account } from "./accounts.ts";
import { type FaultName, type FaultPlan, fires } from "./faults.ts";
import type { Query, Reply } from "./http.ts";
import type { LogEntry } from "./log.ts";
import type { Simulation } from "./simulation.ts";
import type { Refusal, Vendor } from "./vendor.ts";

/** One vendor's API of one simulator. */
export interface Api {
  simulation: Simulation;
  vendor: Vendor;
  refuse: (refusal: Refusal) => Reply;
}

/** An API call whose key was accepted and which is within the rate limits. */
export interface Call extends Api {
  account: Account;
  params: Record<string, string>;
  /** A repeated parameter is an array. */
  query: Query;
  headers: Record<string, string | string[] | undefined>;
  /** The body as text; empty for a form. */
  raw: string;
  /** The unparsed body of a form; empty for JSON. */
  bytes: Buffer;
  entry: LogEntry;
}

/** Consumes one planned occurrence, and records in the request log that it produced the answer; false if none is left. */
export function occurs({ entry }: Call, plan: FaultPlan | undefined, fault: FaultName): boolean {
  if (!fires(plan, fault)) return false;
  entry.fault = fault;
  return true;
}

/** The effect of the first of these faults that occurs. */
export function effectOf<Effect>(
  call: Call,
  plan: FaultPlan | undefined,
  effects: readonly (readonly [FaultName, Effect])[],
): Effect | undefined {
  return plan && effects.find(([fault]) => occurs(call, plan, fault))?.[1];
}
