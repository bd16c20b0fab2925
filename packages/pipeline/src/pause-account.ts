import * as ledger from "@reelqueue/ledger";
import type { Account } from "./accounts.ts";
import type { Context } from "./context.ts";

/** The provider refuses the account: its key, or its balance. */
export interface Blocked {
  reason: "key" | "balance";
  message: string;
}

const pausedAs = { key: "bad key", balance: "balance" } as const;

/** Pauses an account that its provider refuses, until an operator resumes it. Raises one alarm for each pause. */
export async function pauseBlocked(account: Account, { reason, message }: Blocked, ctx: Context): Promise<void> {
  if (!(await ledger.pauseAutomatically(ctx.cell, account.name, pausedAs[reason]))) return;
  ctx.meters.alarms.inc({ kind: `account-${reason}` });
  ctx.log.error({ event: "account.paused", account: account.name, reason }, `account paused: ${message}`);
}

/** After this many lost answers in a row the provider is at fault, and the account is paused. */
const lostStreakLimit = 10;
const lostStreaks = new WeakMap<Account, number>();

/** Counts lost answers in a row. At the limit the account is paused until an operator resumes it. */
export async function pauseAfterLostStreak(account: Account, lost: boolean, ctx: Context): Promise<void> {
  const count = lost ? (lostStreaks.get(account) ?? 0) + 1 : 0;
  lostStreaks.set(account, count);
  if (count < lostStreakLimit) return;
  lostStreaks.set(account, 0);
  const why = `${lostStreakLimit} answers in a row were lost`;
  if (!(await ledger.pauseAutomatically(ctx.cell, account.name, `${why}; check the provider, then resume the account`)))
    return;
  ctx.meters.alarms.inc({ kind: "losing-streak" });
  ctx.log.error({ event: "account.paused", account: account.name, reason: "lost answers" }, `account paused: ${why}`);
}
