import * as ledger from "@reelqueue/ledger";
import type { Reconciliation } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callsBack } from "../callback-url.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { type Loops, startLoops } from "../loops.ts";
import { applyResolution } from "./decide.ts";
import { byClientId, byIdempotencyKey, byTaskList, isTaskKnown } from "./methods.ts";
import { lookUpNamedTask } from "./named-tasks.ts";
import {
  type ClaimedUnresolved,
  quietLeftMs,
  type Resolution,
  type UnresolvedSubmit,
  unresolvedFields,
  unresolvedSubmitOf,
} from "./unresolved-submit.ts";
import { watchReviews } from "./watch-review.ts";

const mostPerClaim = 20;

/**
 * Resolves unknown submits, watches reviews and looks up named tasks until disposed. One loop per account, so that a hanging provider delays
 * no other.
 */
export function startReconciler(ctx: Context): Loops {
  return startLoops("reconcile", ctx, async (account) => {
    await reconcile(account, ctx);
    await watchReviews(account, ctx);
    await lookUpNamedTask(account, ctx);
    return ctx.timing.tickMs;
  });
}

/** Handles the due unknown submits of one account and returns their number. */
export async function reconcile(account: Account, ctx: Context): Promise<number> {
  const options = { fields: unresolvedFields, limit: mostPerClaim, leaseMs: ctx.timing.pollLeaseMs };
  const { items, lease } = await ledger.claim(ctx.cell, "unknown", account.name, options);
  await Promise.all(
    items.map((item) =>
      reconcileOne(item, lease, account, ctx).catch((err) =>
        ctx.log.error(
          { event: "reconcile.not_recorded", err, generation: item.id },
          "reconciliation not recorded, its lease makes it due again",
        ),
      ),
    ),
  );
  return items.length;
}

async function reconcileOne(item: ClaimedUnresolved, lease: string, account: Account, ctx: Context): Promise<void> {
  const submit = await unresolvedSubmitOf(item, lease, account, ctx);
  if (submit === undefined) return;
  using held = holdClaim("unknown", account.name, { id: item.id, lease }, ctx);
  const resolution = await resolve(submit, ctx);
  await ctx.crashPoint?.("reconcile:after-answer", item.id);
  await applyResolution({ ...submit, lease: held.end() }, resolution, ctx);
}

/** Tries the methods of the provider, best first, until one is conclusive. */
async function resolve(submit: UnresolvedSubmit, ctx: Context): Promise<Resolution> {
  const { callbackTaskId, intent } = submit;
  if (callbackTaskId !== "" && (await isTaskKnown(submit, ctx))) return { kind: "found", taskId: callbackTaskId };
  const reasons: string[] = [];
  for (const method of intent.account.provider.reconcile) {
    const resolution = await resolveBy(method, submit, ctx);
    if (resolution.kind !== "inconclusive") return resolution;
    reasons.push(resolution.why);
  }
  return { kind: "inconclusive", why: reasons.join("; ") || "the provider offers no way to find out" };
}

function resolveBy(method: Reconciliation, submit: UnresolvedSubmit, ctx: Context): Promise<Resolution> {
  switch (method.by) {
    case "idempotencyKey":
      return byIdempotencyKey(submit, method.lifeMs.value, ctx);
    case "clientId":
      return byClientId(submit, method.lookup, ctx);
    case "taskList":
      return byTaskList(submit, method.candidates, ctx);
    case "callback":
      return byCallback(submit, ctx);
  }
}

/** Within the quiet window a callback may still name the task. */
async function byCallback(submit: UnresolvedSubmit, ctx: Context): Promise<Resolution> {
  const leftMs = quietLeftMs(submit);
  return leftMs > 0 && callsBack(submit.intent.account, ctx.publicUrl)
    ? { kind: "later", inMs: leftMs }
    : { kind: "inconclusive", why: "no callback came" };
}
