import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import { estimateRunTimes, type RunTimes } from "./schedule.ts";

/** Estimated run times of tasks by class, shared by all processes through the ledger. */
export interface LearnedRunTimes {
  /**
   * The cached estimate, without waiting. It is refreshed in the background: every 3 s, and within 100 ms of a `record`
   * here.
   */
  of(account: Account, className: string): RunTimes;
  /** Reads the classes that this process has not read yet, so that even a first poll is not scheduled by a guess. */
  load(account: Account, classNames: readonly string[]): Promise<void>;
  /** Adds one observed run time. */
  record(run: ledger.RunTime): Promise<void>;
}

const refreshAfterMs = { read: 3_000, recorded: 100 };

interface Entry {
  estimate: RunTimes;
  readAtMs: number;
  /** A run time was recorded since. */
  recorded: boolean;
}

export function openRunTimes(cell: ledger.Cell): LearnedRunTimes {
  const entries = new Map<string, Entry>();
  const entryOf = (account: Account, seen: readonly number[] = []): Entry => ({
    estimate: estimateRunTimes(account.provider.capabilities.typicalRunMs.value, seen),
    readAtMs: performance.now(),
    recorded: false,
  });
  const refresh = async (account: Account, names: readonly string[]): Promise<void> => {
    try {
      const seen = await ledger.readRunTimes(cell, names);
      for (const [i, name] of names.entries()) entries.set(name, entryOf(account, seen[i]));
    } catch {
      // the old estimate serves until Redis is available
    }
  };
  return {
    of: (account, name) => {
      const known = entries.get(name);
      const age = known === undefined ? Number.POSITIVE_INFINITY : performance.now() - known.readAtMs;
      if (known !== undefined && age < (known.recorded ? refreshAfterMs.recorded : refreshAfterMs.read))
        return known.estimate;
      const entry = known === undefined ? entryOf(account) : { ...known, readAtMs: performance.now(), recorded: false };
      entries.set(name, entry);
      void refresh(account, [name]);
      return entry.estimate;
    },
    load: async (account, names) => {
      const unread = [...new Set(names)].filter((name) => !entries.has(name));
      if (unread.length > 0) await refresh(account, unread);
    },
    record: async (run) => {
      await ledger.recordRunTime(cell, run);
      const known = entries.get(run.class);
      if (known) known.recorded = true;
    },
  };
}
