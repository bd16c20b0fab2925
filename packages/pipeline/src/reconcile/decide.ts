import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";
import { bind } from "../submit/outcome.ts";
import { jittered } from "../timing.ts";
import { quietLeftMs, type Resolution, type UnresolvedSubmit } from "./unresolved-submit.ts";

/** Writes the resolution of an unknown submit. */
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
        ? scheduleLookup(submit, resolution.inMs, {}, ctx)
        : escalateToReview(submit, "its provider has given no usable answer for a day", ctx);
    case "inconclusive":
      if (!(await resubmitAsNewAttempt(submit, resolution.why, ctx)))
        await escalateAfterQuietWindow(submit, resolution.why, ctx);
      return;
  }
}

/**
 * Escalates to review, but not before the quiet window ends: until then the task may still appear, and resubmitting
 * would charge twice.
 */
async function escalateAfterQuietWindow(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<void> {
  const leftMs = quietLeftMs(submit);
  return leftMs > 0 ? scheduleLookup(submit, leftMs, {}, ctx) : escalateToReview(submit, why, ctx);
}

const absencesNeeded = 3;

/**
 * Absence is proven by several absent look-ups in a row, `absencesApartMs` apart, the last one after the quiet window
 * (assumption A1).
 */
async function countAbsence(submit: UnresolvedSubmit, ctx: Context): Promise<void> {
  const { absencesApartMs } = ctx.timing;
  const { count, atMs: lastMs } = submit.absentLookups;
  const counted = count === 0 || submit.nowMs - lastMs >= absencesApartMs ? count + 1 : count;
  const leftMs = quietLeftMs(submit);
  if (counted >= absencesNeeded && leftMs === 0) {
    return resubmit(submit, `${counted} look-ups in a row found no task`, ctx);
  }
  const waitMs = counted >= absencesNeeded ? Math.max(leftMs, 1) : absencesApartMs;
  const atMs = counted > count ? submit.nowMs : lastMs;
  await scheduleLookup(submit, waitMs, { absentLookups: { count: counted, atMs } }, ctx);
}

/** Resubmits the same attempt: no task exists. Poison is escalated instead. */
async function resubmit(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<void> {
  if (isPoison(submit.crashes)) return escalateToReview(submit, `${why}; three workers died while sending it`, ctx);
  await ctx.transitions.resubmit(submit, why);
}

async function scheduleLookup(
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
 * Starts a new attempt if the request or the account accepts a possible second charge (`onUnknown: "resubmit"`). The
 * previous attempt counts as paid, and its price against the account's daily risk budget. False: not accepted, or
 * budget or attempts are used up.
 */
async function resubmitAsNewAttempt(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<boolean> {
  const { account, id, request, attempt } = submit.intent;
  const { resubmit } = account;
  if ((request.onUnknown ?? resubmit.policy) !== "resubmit" || attempt >= request.maxAttempts) return false;
  const found = await ledger.read(ctx.cell, id);
  const reserved = found?.record.reservedMicroUsd;
  if (found === undefined || reserved === undefined) return false;
  // without a price the budget cannot be kept
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

/**
 * Escalates to manual review: only an operator can find out whether a task exists. The evidence stays in the record.
 */
async function escalateToReview(submit: UnresolvedSubmit, why: string, ctx: Context): Promise<void> {
  const { account, id } = submit.intent;
  const longestRunMs = account.clock.toRealMs(account.provider.capabilities.longestRunMs.value);
  await ctx.transitions.escalate(submit, why, longestRunMs);
  ctx.meters.alarms.inc({ kind: "needs-review" });
  ctx.log.error(
    { event: "review.needed", generation: id, account: account.name, why },
    "submit not resolved: settle it with ./reelqueue review",
  );
}

const crashWindowMs = 72 * 3_600_000;
const crashesAllowed = 2;

/** Adds one crash; a streak that began more than three days ago starts again at 1. */
export function countCrash({ count, atMs }: ledger.Streak = { count: 0, atMs: 0 }, nowMs: number): ledger.Streak {
  return count > 0 && nowMs - atMs < crashWindowMs ? { count: count + 1, atMs } : { count: 1, atMs: nowMs };
}

/** Whether a generation seems to crash its workers; then only an operator may resubmit it. */
export function isPoison(crashes: ledger.Streak | undefined): boolean {
  return (crashes?.count ?? 0) > crashesAllowed;
}
