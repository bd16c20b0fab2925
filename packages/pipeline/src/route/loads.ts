import * as ledger from "@reelqueue/ledger";
import type { Account, Accounts } from "../account.ts";

/** How much each account has to do, as one look at the ledger showed it, and with what has been placed since. */
export interface Loads {
  of(account: Account): { paused: boolean; busy: number };
  /** One more has been placed there. */
  add(account: Account): void;
}

/** `busy` is in rounds: what runs and waits, by slots. */
export async function readLoads(cell: ledger.Cell, accounts: Accounts): Promise<Loads> {
  const statuses = await Promise.all([...accounts.keys()].map((name) => ledger.accountStatus(cell, name)));
  const loads = new Map(
    statuses.map(({ name, paused, inFlight, waiting }) => [
      name,
      { paused: paused !== undefined, count: inFlight + waiting },
    ]),
  );
  return {
    of: ({ name, limits }) => {
      const { paused, count } = loads.get(name) ?? { paused: false, count: 0 };
      return { paused, busy: count / limits.slots };
    },
    add: ({ name }) => {
      const load = loads.get(name);
      if (load) load.count += 1;
    },
  };
}

/** Where only one account can be meant, nothing needs to be looked up. */
export const noLoads: Loads = { of: () => ({ paused: false, busy: 0 }), add: () => {} };
