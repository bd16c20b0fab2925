import { randomUUID } from "node:crypto";
import type { JobRef } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { run } from "../redis/run.ts";

export interface AdmitLimits {
  /** Tasks that may run at once. */
  slots: number;
  /** Requests per ms and how many may come at once; rate 0: no limit. */
  rate: number;
  burst: number;
  /** Micro-USD that may be reserved and spent in one UTC day. */
  budgetMicroUsd?: number;
  /** Granted but not begun at most: keeps BullMQ small. */
  window: number;
  leaseMs: number;
  weights: Readonly<Record<string, number>>;
}

export interface Admitted {
  grants: JobRef[];
  /** Why no more were granted. */
  reason: string;
  /** When trying again makes sense; absent: when something frees. */
  againInMs?: number;
}

/** Grants what the account's limits allow; the grants have a lease and wait for their submit job. */
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
