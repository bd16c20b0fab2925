import * as ledger from "@reelqueue/ledger";
import type { Account } from "../account.ts";
import type { Deps } from "../deps.ts";

/** So many lost answers in a row, with no other answer between, are the provider's trouble and not bad luck. */
const streak = 10;
const lostInARow = new WeakMap<Account, number>();

/**
 * Counts what the answers of an account are like. Where nothing but a person can settle a lost one, a provider that loses them all would cost
 * a review for every row: the account is paused instead, until somebody has looked.
 */
export async function countAnswer(account: Account, lost: boolean, deps: Deps): Promise<void> {
  if (account.provider.capabilities.resolve.length > 0) return;
  const count = lost ? (lostInARow.get(account) ?? 0) + 1 : 0;
  lostInARow.set(account, count);
  if (count < streak) return;
  await ledger.pause(
    deps.cell,
    account.name,
    `${streak} answers in a row were lost; look at the provider, then resume it`,
    { automatic: true },
  );
  deps.meters.alarms.inc({ kind: "losing-streak" });
  deps.log.error({ account: account.name }, `account paused: ${streak} answers in a row were lost`);
}
