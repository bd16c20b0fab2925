import type { HandOver } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";
import { renewing } from "./renewing.ts";

export interface LeaseWish {
  lane: ledger.Lane;
  leaseMs: number;
  /** After so long the work is not believed to go on any more, whatever its process says; left out: it is. */
  atMostMs?: number;
}

/** Renews the lease of a hand-over's work, until disposed. */
export function holdLease(
  handOver: HandOver,
  { lane, leaseMs, atMostMs = Number.POSITIVE_INFINITY }: LeaseWish,
  { cell }: Pick<Deps, "cell">,
): Disposable {
  const startedAt = performance.now();
  return renewing(leaseMs / 3, async () => {
    if (performance.now() - startedAt < atMostMs) await ledger.extend(cell, lane, handOver, leaseMs);
  });
}
