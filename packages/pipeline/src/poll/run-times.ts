import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import { believe, type RunTimes } from "./schedule.ts";

/** What is believed of how long tasks run, by class; shared by all processes through the ledger. */
export interface LearnedRunTimes {
  /** The belief at hand, at once; it is renewed from the ledger in the background: every few seconds, and soon after something was learned here. */
  of(account: Account, className: string): RunTimes;
  /** Reads what the ledger knows of classes that are new to this process: a guess about a first answer may cost a minute. */
  load(account: Account, classNames: readonly string[]): Promise<void>;
  /** Adds a run time just seen. */
  record(run: ledger.RunTime): Promise<void>;
}

const renewAfterMs = { seen: 3_000, learned: 100 };

interface Entry {
  belief: RunTimes;
  at: number;
  /** Something was learned since. */
  learned: boolean;
}

export function openRunTimes(cell: ledger.Cell): LearnedRunTimes {
  const book = new Map<string, Entry>();
  const entryOf = (account: Account, seen: readonly number[] = []): Entry => ({
    belief: believe(account.provider.capabilities.typicalRunMs.value, seen),
    at: performance.now(),
    learned: false,
  });
  const renew = async (account: Account, names: readonly string[]): Promise<void> => {
    try {
      const seen = await ledger.readRunTimes(cell, names);
      for (const [i, name] of names.entries()) book.set(name, entryOf(account, seen[i]));
    } catch {
      // The old belief serves until Redis is back.
    }
  };
  return {
    of: (account, name) => {
      const known = book.get(name);
      const age = known === undefined ? Number.POSITIVE_INFINITY : performance.now() - known.at;
      if (known !== undefined && age < (known.learned ? renewAfterMs.learned : renewAfterMs.seen)) return known.belief;
      const entry = known === undefined ? entryOf(account) : { ...known, at: performance.now(), learned: false };
      book.set(name, entry);
      void renew(account, [name]);
      return entry.belief;
    },
    load: async (account, names) => {
      const unmet = [...new Set(names)].filter((name) => !book.has(name));
      if (unmet.length > 0) await renew(account, unmet);
    },
    record: async (run) => {
      await ledger.recordRunTime(cell, run);
      const known = book.get(run.class);
      if (known) known.learned = true;
    },
  };
}
