import type { JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Context } from "./context.ts";

export interface JobLeaseOptions {
  lane: ledger.Lane;
  leaseMs: number;
  /** Renewal stops after this long; left out: never. */
  atMostMs?: number;
}

/** Renews the lease of a job's work until disposed. */
export function holdJobLease(
  job: JobRef,
  { lane, leaseMs, atMostMs = Number.POSITIVE_INFINITY }: JobLeaseOptions,
  { cell }: Pick<Context, "cell">,
): Disposable {
  const startedAt = performance.now();
  return renewEvery(leaseMs / 3, async () => {
    if (performance.now() - startedAt < atMostMs) await ledger.extendLease(cell, lane, job, leaseMs);
  });
}

/** The lease of one claimed item, renewed until disposed or ended. */
export interface HeldClaim extends Disposable {
  /** Stops the renewal and returns the end of the lease, which fences the write that follows. */
  end(): string;
}

/** Renews the lease of a claim until its provider has answered. A lost lease costs only another claim. */
export function holdClaim(
  lane: ledger.Lane,
  account: string,
  { id, lease }: { id: string; lease: string },
  { cell, timing }: Pick<Context, "cell" | "timing">,
): HeldClaim {
  const longerMs = timing.pollLeaseMs / 2;
  let held = lease;
  const renewal = renewEvery(longerMs, async () => {
    held = (await ledger.renewClaim(cell, lane, account, { id, lease: held, longerMs })) ?? held;
  });
  const stop = () => renewal[Symbol.dispose]();
  return {
    end: () => {
      stop();
      return held;
    },
    [Symbol.dispose]: stop,
  };
}

/** Calls `renew` every `everyMs` until disposed; a failed call is ignored, the next one follows. */
export function renewEvery(everyMs: number, renew: () => Promise<unknown>): Disposable {
  const timer = setInterval(() => void renew().catch(() => {}), everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Whether live workers have had time to renew their leases since Redis was last unavailable. */
export interface LeaseGracePeriod {
  /** Reports an answer of Redis. */
  answered(): void;
  isOver(): boolean;
}

/**
 * After the start, and after more than `ms` without an answer of Redis, the grace period runs for `ms`: leases are not
 * expired meanwhile, so that live workers can renew them first.
 */
export function openLeaseGracePeriod(ms: number, now = () => performance.now()): LeaseGracePeriod {
  let answeredAt = Number.NEGATIVE_INFINITY;
  let since = Number.POSITIVE_INFINITY;
  return {
    answered: () => {
      if (now() - answeredAt > ms) since = now();
      answeredAt = now();
    },
    isOver: () => now() - since >= ms,
  };
}
