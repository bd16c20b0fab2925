import { randomUUID } from "node:crypto";
import type { JobRef } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { run } from "../redis/run.ts";

export interface AdmitLimits {
  /** Maximum number of running tasks. */
  slots: number;
  /** Requests per ms; 0: no limit. `burst`: size of the bucket. */
  rate: number;
  burst: number;
  /** Maximum reserved and spent per UTC day, micro-USD. */
  budgetMicroUsd?: number;
  /** Maximum number of grants that are not started; keeps BullMQ small. */
  window: number;
  leaseMs: number;
  weights: Readonly<Record<string, number>>;
}

export interface Admitted {
  grants: JobRef[];
  /** Why admission stopped. */
  reason: string;
  /** Ms until a retry makes sense; absent: when a slot or the window frees. */
  againInMs?: number;
}

/** Grants slots within the account's limits. Each grant has a lease; the caller adds its submit job. */
export async function admit(cell: Cell, account: string, limits: AdmitLimits): Promise<Admitted> {
  const [reason = "", again = "", ...grants] = await run<string[]>(cell, "admit", [
    account,
    limits.slots,
    limits.rate,
    limits.burst,
    limits.budgetMicroUsd ?? "",
    limits.window,
    limits.leaseMs,
    JSON.stringify(limits.weights),
    randomUUID(),
  ]);
  return {
    grants: Array.from({ length: grants.length / 2 }, (_, i) => ({
      generation: grants[2 * i] ?? "",
      dispatchSeq: Number(grants[2 * i + 1]),
    })),
    reason,
    ...(again !== "" && { againInMs: Number(again) }),
  };
}
