import type { JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Context } from "./context.ts";
export interface JobLeaseOptions {
  lane: ledger.Lane;
  leaseMs: number;
  /** After so long the work is not believed to go on any more, whatever its process says; left out: it is. */
  atMostMs?: number;
}

/** Renews the lease of a hand-over's work, until disposed. */
export function holdJobLease(
  handOver: JobRef,
  { lane, leaseMs, atMostMs = Number.POSITIVE_INFINITY }: JobLeaseOptions,
  { cell }: Pick<Context, "cell">,
): Disposable {
  const startedAt = performance.now();
  return renewEvery(leaseMs / 3, async () => {
    if (performance.now() - startedAt < atMostMs) await ledger.extendLease(cell, lane, handOver, leaseMs);
  });
}

/** The lease of one claimed look, renewed until disposed or ended. */
export interface HeldClaim extends Disposable {
  /** Renews it no more; answers the end that it has by now, the fence of what is written. */
  end(): string;
}

/** Holds what was claimed for `pollLeaseMs`, however long its provider takes to answer; a lease that is lost all the same only costs another look. */
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

/** Renews something again and again until disposed; a renewal that fails is made up for by the next. */
export function renewEvery(everyMs: number, renew: () => Promise<unknown>): Disposable {
  const timer = setInterval(() => void renew().catch(() => {}), everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Says whether workers that are alive have had time to renew their leases since Redis, or this process, was last away. */
export interface LeaseGracePeriod {
  /** Redis has just answered. */
  answered(): void;
  isOver(): boolean;
}

/**
 * Who hears nothing of Redis for `ms` was away; as long after that every worker that is alive has renewed its leases.
 * It begins as if Redis had been away.
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
