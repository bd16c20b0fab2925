import * as ledger from "@reelqueue/ledger";
import type { Reconciliation } from "@reelqueue/providers";
import { type Account, callsBack } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { type Loops, startLoops } from "../loops.ts";
import { applyResolution } from "./decide.ts";
import { byClientId, byIdempotencyKey, byTaskList, isTaskKnown } from "./methods.ts";
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

/** Resolves unknown submits and watches reviews, until disposed. One loop an account: a provider that hangs keeps no other waiting. */
export function startReconciler(ctx: Context): Loops {
  return startLoops("reconcile", ctx, async (account) => {
    await reconcile(account, ctx);
    await watchReviews(account, ctx);
    return ctx.timing.tickMs;
  });
}

/** One pass over the unknown submits of an account that are due. Answers how many they were. */
export async function reconcile(account: Account, ctx: Context): Promise<number> {
  const options = { limit: mostPerClaim, leaseMs: ctx.timing.pollLeaseMs };
  const { items, lease } = await ledger.claim(ctx.cell, "unknown", account.name, unresolvedFields, options);
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
  const resolution = await ask(submit, ctx);
  await ctx.crashPoint?.("reconcile:after-answer", item.id);
  await applyResolution({ ...submit, lease: held.end() }, resolution, ctx);
}

/** Every method that the provider offers, best first, until one is conclusive. */
async function ask(submit: UnresolvedSubmit, ctx: Context): Promise<Resolution> {
  const { callbackTaskId, intent } = submit;
  if (callbackTaskId !== "" && (await isTaskKnown(submit, ctx))) return { kind: "found", taskId: callbackTaskId };
  const reasons: string[] = [];
  for (const method of intent.account.provider.reconcile) {
    const resolution = await askBy(method, submit, ctx);
    if (resolution.kind !== "inconclusive") return resolution;
    reasons.push(resolution.why);
  }
  return { kind: "inconclusive", why: reasons.join("; ") || "the provider offers no way to find out" };
}

function askBy(method: Reconciliation, submit: UnresolvedSubmit, ctx: Context): Promise<Resolution> {
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

/** A provider that calls back may still name the task within the quiet window. */
async function byCallback(submit: UnresolvedSubmit, ctx: Context): Promise<Resolution> {
  const leftMs = quietLeftMs(submit);
  return leftMs > 0 && callsBack(submit.intent.account, ctx.publicUrl)
    ? { kind: "later", inMs: leftMs }
    : { kind: "inconclusive", why: "no callback came" };
}
