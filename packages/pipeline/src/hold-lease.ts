import type { HandOver } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";

export interface LeaseWish {
  lane: ledger.Lane;
  leaseMs: number;
  /** After so long the work is not believed to go on any more, whatever its process says; left out: it is. */
  atMostMs?: number;
}

/** Renews the lease of work under way, until disposed; a renewal that fails is made up for by the next. */
export function holdLease(
  handOver: HandOver,
  { lane, leaseMs, atMostMs = Number.POSITIVE_INFINITY }: LeaseWish,
  { cell }: Pick<Deps, "cell">,
): Disposable {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - startedAt > atMostMs) return clearInterval(timer);
    return void ledger.extend(cell, lane, handOver, leaseMs).catch(() => {});
  }, leaseMs / 3);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
