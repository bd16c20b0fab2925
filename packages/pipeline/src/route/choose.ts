import type { Loads } from "./loads.ts";
import type { Offer } from "./offers.ts";

/**
 * The best of the offers that can: an account that may send before one that is paused, then the lower price (a known one before an unknown
 * one), then the one with less to do, then the order of the configuration. `undefined`: none can.
 */
export function choose(offers: readonly Offer[], loads: Loads): Offer | undefined {
  return offers
    .filter(({ problems }) => problems.length === 0)
    .toSorted(
      (a, b) =>
        paused(a, loads) - paused(b, loads) ||
        price(a) - price(b) ||
        loads.of(a.account).busy - loads.of(b.account).busy,
    )[0];
}

function paused({ account }: Offer, loads: Loads): number {
  return loads.of(account).paused ? 1 : 0;
}

/** Finite, so that two unknown prices are equal. */
function price({ quote }: Offer): number {
  return quote.usd ?? Number.MAX_VALUE;
}
