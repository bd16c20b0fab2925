import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";
import { bind } from "../submit/outcome.ts";
import { jittered } from "../timing.ts";
import { quietLeftMs, type Resolution, type UnresolvedSubmit } from "./unresolved-submit.ts";

/** Writes what was found out about an unknown submit. */
export async function applyResolution(submit: UnresolvedSubmit, resolution: Resolution, ctx: Context): Promise<void> {
  switch (resolution.kind) {
    case "found":
      await bind(submit.intent, resolution.taskId, ctx);
      return;
    case "proven_absent":
      return resubmit(submit, resolution.why, ctx);
    case "absent":
      return countAbsence(submit, ctx);
    case "later":
      return submit.nowMs - submit.lostAtMs < ctx.timing.reconcileForMs
        ? askAgain(submit, resolution.inMs, {}, ctx)
        : escalateToReview(submit, "its provider has said nothing usable for a day", ctx);
    case "inconclusive":
      if (!(await resubmitAsNewAttempt(submit, resolution.why, ctx)))
        await escalateAfterQuietWindow(submit, resolution.why, ctx);
      return;
  }
}

/** Escalates to review, but not before the quiet window ends: until then the task may still appear, and a resubmit would be charged twice. */
async function escalateAfterQuietWindow(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<void> {
  const leftMs = quietLeftMs(submit);
  return leftMs > 0 ? askAgain(submit, leftMs, {}, ctx) : escalateToReview(submit, why, ctx);
}

const absencesProve = 3;

/** Absence is proven only by several absent look-ups in a row, apart, the last of them after the quiet window (assumption A1). */
async function countAbsence(submit: UnresolvedSubmit, ctx: Context): Promise<void> {
  const { absencesApartMs } = ctx.timing;
  const { count, atMs: lastMs } = submit.absentLookups;
  const counted = count === 0 || submit.nowMs - lastMs >= absencesApartMs ? count + 1 : count;
  const leftMs = quietLeftMs(submit);
  if (counted >= absencesProve && leftMs === 0) {
    return resubmit(submit, `the provider knew of no task, ${counted} times in a row`, ctx);
  }
  const waitMs = counted >= absencesProve ? Math.max(leftMs, 1) : absencesApartMs;
  const atMs = counted > count ? submit.nowMs : lastMs;
  await askAgain(submit, waitMs, { absentLookups: { count: counted, atMs } }, ctx);
}

/** No task exists: the same attempt is sent again. */
async function resubmit(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<void> {
  if (isPoison(submit.crashes))
    return escalateToReview(submit, `${why}; three workers have died while they were sending it`, ctx);
  await ctx.transitions.resubmit(submit, why);
}

async function askAgain(
  { intent, lease }: UnresolvedSubmit,
  inMs: number,
  set: Partial<ledger.GenerationRecord>,
  ctx: Context,
): Promise<void> {
  const nextInMs = jittered(inMs, ctx.random);
  const { id, account } = intent;
  await ledger.reschedule(ctx.cell, { lane: "unknown", account: account.name, id, lease, nextInMs, set });
}

/**
 * Begins a new attempt where the account or the request prefers a possible second charge to a review (`onUnknown: "resubmit"`). The attempt before
 * counts as paid, and its price against the account's risk budget of the day. False: not preferred, or the budget or the attempts are used up.
 */
async function resubmitAsNewAttempt(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<boolean> {
  const { account, id, request, attempt } = submit.intent;
  const { resubmit } = account;
  if ((request.onUnknown ?? resubmit.policy) !== "resubmit" || attempt >= request.maxAttempts) return false;
  const found = await ledger.read(ctx.cell, id);
  const reserved = found?.record.reservedMicroUsd;
  if (found === undefined || reserved === undefined) return false;
  // what nobody knows the price of cannot be kept within a cap
  if (found.record.estimateMicroUsd === undefined) return false;
  if (!(await ledger.reserveRiskBudget(ctx.cell, account.name, reserved, resubmit.capMicroUsd))) return false;
  await ctx.transitions.resubmitAsNewAttempt(submit, found, why);
  ctx.meters.alarms.inc({ kind: "maybe-paid-twice" });
  ctx.log.warn(
    { event: "reconcile.resubmitted_at_risk", generation: id, account: account.name, why },
    "resubmitted as a new attempt: it may be paid twice",
  );
  return true;
}

/** Nothing can tell whether a task exists: an operator has to. The evidence stays in the record. */
async function escalateToReview(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<void> {
  const { account, id } = submit.intent;
  const longestRunMs = account.provider.capabilities.longestRunMs.value / account.timeScale;
  await ctx.transitions.escalate(submit, why, longestRunMs);
  ctx.meters.alarms.inc({ kind: "needs-review" });
  ctx.log.error(
    { event: "review.needed", generation: id, account: account.name, why },
    "submit not resolved: settle it with ./reelqueue review",
  );
}

const windowMs = 72 * 3_600_000;
const crashesAllowed = 2;

/** One more crash of a generation; what is older than three days no longer counts. */
export function countCrash({ count, atMs }: ledger.Streak = { count: 0, atMs: 0 }, nowMs: number): ledger.Streak {
  return count > 0 && nowMs - atMs < windowMs ? { count: count + 1, atMs } : { count: 1, atMs: nowMs };
}

/** Whether it seems to crash its workers: it is not sent again without an operator's decision. */
export function isPoison(crashes: ledger.Streak | undefined): boolean {
  return (crashes?.count ?? 0) > crashesAllowed;
}
