import type { Streak } from "@reelqueue/ledger";
import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";
import type { UnresolvedSubmit } from "./reconcile.ts";
/**
 * Where whoever pays prefers a possible second charge to a question (`onUnknown: "resubmit"`), begins a new attempt: counted as paid, and
 * as doubtful money up to the account's cap of the day. `false`: that is not wished, or not allowed any more.
 */
export async function resubmitAsNewAttempt(lost: UnresolvedSubmit, why: string, deps: Context): Promise<boolean> {
  const { account, id, request, attempt } = lost.intent;
  const { resubmit } = account;
  if ((request.onUnknown ?? resubmit.policy) !== "resubmit" || attempt >= request.maxAttempts) return false;
  const found = await ledger.read(deps.cell, id);
  const reserved = found?.record.reservedMicroUsd;
  if (found === undefined || reserved === undefined) return false;
  // what nobody knows the price of cannot be kept within a cap
  if (found.record.estimateMicroUsd === undefined) return false;
  if (!(await ledger.reserveRiskBudget(deps.cell, account.name, reserved, resubmit.capMicroUsd))) return false;
  await deps.transitions.resubmitAsNewAttempt(lost, found, why);
  deps.meters.alarms.inc({ kind: "maybe-paid-twice" });
  deps.log.warn({ generation: id, account: account.name, why }, "a lost submit is sent anew: it may be paid twice");
  return true;
}

/** Nothing can tell: a person has to. All that was seen stays in the record. */
export async function escalateToReview(lost: UnresolvedSubmit, why: string, deps: Context): Promise<void> {
  const { account, id } = lost.intent;
  const longestRunMs = account.provider.capabilities.longestRunMs.value / account.timeScale;
  await deps.transitions.escalate(lost, why, longestRunMs);
  deps.meters.alarms.inc({ kind: "needs-review" });
  deps.log.error(
    { generation: id, account: account.name, why },
    "a submit could not be resolved: settle it with ./reelqueue review",
  );
}

const windowMs = 72 * 3_600_000;
const crashesAllowed = 2;

/** The crashes of a generation, one more: what is older than three days no longer counts. */
export function countCrash({ count, atMs }: Streak = { count: 0, atMs: 0 }, nowMs: number): Streak {
  return count > 0 && nowMs - atMs < windowMs ? { count: count + 1, atMs } : { count: 1, atMs: nowMs };
}

/** Whether it takes its workers down with it, as far as anyone can tell: it is not sent again without a person's word. */
export function isPoison(crashes: Streak | undefined): boolean {
  return (crashes?.count ?? 0) > crashesAllowed;
}
