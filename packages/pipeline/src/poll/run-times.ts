import * as ledger from "@reelqueue/ledger";
import type { Account } from "../account.ts";
import { believe, type RunTimes } from "./schedule.ts";

/** What is believed of how long tasks run, by class; shared by all processes through the ledger. */
export interface RunTimesBook {
  /** The belief at hand, at once; it is renewed from the ledger in the background every few seconds. */
  of(account: Account, className: string): RunTimes;
  /** Adds run times just seen (provider's ms). */
  learn(runs: readonly { class: string; ms: number }[]): Promise<void>;
}

const renewAfterMs = 3_000;

export function openRunTimes(cell: ledger.Cell): RunTimesBook {
  const book = new Map<string, { belief: RunTimes; at: number }>();
  const renew = async (account: Account, name: string): Promise<void> => {
    try {
      const [seen = []] = await ledger.learned(cell, [name]);
      book.set(name, {
        belief: believe(account.provider.capabilities.typicalRunMs.value, seen),
        at: performance.now(),
      });
    } catch {
      // The old belief serves until Redis is back.
    }
  };
  return {
    of: (account, name) => {
      const known = book.get(name) ?? {
        belief: believe(account.provider.capabilities.typicalRunMs.value, []),
        at: -renewAfterMs,
      };
      if (performance.now() - known.at >= renewAfterMs) {
        book.set(name, { ...known, at: performance.now() });
        void renew(account, name);
      }
      return known.belief;
    },
    learn: (runs) => ledger.learn(cell, runs),
  };
}
