import * as ledger from "@reelqueue/ledger";
import type { Logger } from "@reelqueue/runtime";
import type { Account } from "../accounts.ts";
import { callsBack } from "../callback-url.ts";

/** Whether callbacks are expected; shared by all processes through the ledger. */
export interface CallbackTrust {
  /**
   * Whether the account's provider calls back here, and its callbacks do not stay away. By the cached count, without
   * waiting; it is refreshed in the background, every 3 s.
   */
  expects(account: Account): boolean;
  /** Reads what this process has not read yet of the account. */
  load(account: Account): Promise<void>;
  /** A poll found a task finished, and no callback of it came. */
  missed(account: Account): Promise<void>;
}

/** Callbacks count as staying away after as many finished tasks without one, until the next one comes. */
export const mostMissedCallbacks = 3;
const refreshAfterMs = 3_000;

export function openCallbackTrust(cell: ledger.Cell, publicUrl: string | undefined, log: Logger): CallbackTrust {
  const counts = new Map<string, { missed: number; readAtMs: number }>();
  const store = (name: string, missed: number) => void counts.set(name, { missed, readAtMs: performance.now() });
  const refresh = async (name: string): Promise<void> => {
    try {
      store(name, (await ledger.callbackStatus(cell, name)).missed);
    } catch {
      // the old count serves until Redis is available
    }
  };
  return {
    expects: (account) => {
      if (!callsBack(account, publicUrl)) return false;
      const { missed, readAtMs } = counts.get(account.name) ?? { missed: 0, readAtMs: Number.NEGATIVE_INFINITY };
      if (performance.now() - readAtMs > refreshAfterMs) {
        store(account.name, missed);
        void refresh(account.name);
      }
      return missed < mostMissedCallbacks;
    },
    load: async (account) => {
      if (callsBack(account, publicUrl) && !counts.has(account.name)) await refresh(account.name);
    },
    missed: async (account) => {
      const { name } = account;
      if (!callsBack(account, publicUrl)) return;
      const missed = await ledger.countMissedCallback(cell, name);
      store(name, missed);
      if (missed !== mostMissedCallbacks) return;
      // tasks under way wait for their callbacks: their polls are scheduled again
      await ledger.makeAllDue(cell, "poll", name);
      log.warn(
        { event: "callbacks.missing", account: name, missed },
        "callbacks stay away: tasks are polled as without",
      );
    },
  };
}
