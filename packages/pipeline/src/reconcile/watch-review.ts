import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { bind } from "../submit/outcome.ts";
import { isTaskKnown } from "./methods.ts";
import { type UnresolvedSubmit, unresolvedFields, unresolvedSubmitOf } from "./unresolved-submit.ts";

const batch = 20;
const dayMs = 24 * 3_600_000;

/**
 * Watches generations in review: a late callback still binds its task, and the slot is released once the task, if it
 * exists, can no longer be running. The review stays open.
 */
export async function watchReviews(account: Account, ctx: Context): Promise<void> {
  const leaseMs = ctx.timing.pollLeaseMs;
  const { items, lease } = await ledger.claim(ctx.cell, "review", account.name, {
    fields: unresolvedFields,
    limit: batch,
    leaseMs,
  });
  const watches = items.map(async (item) => {
    const submit = await unresolvedSubmitOf(item, lease, account, ctx);
    if (submit !== undefined) await watchOne(submit, ctx);
  });
  // in parallel: one after the other, a hanging provider would delay the shutdown by minutes
  const failed = (await Promise.allSettled(watches)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

async function watchOne(submit: UnresolvedSubmit, ctx: Context): Promise<void> {
  const { intent, callbackTaskId, nowMs, lostAtMs } = submit;
  const { account, id } = intent;
  using held = holdClaim("review", account.name, { id, lease: submit.lease }, ctx);
  if (callbackTaskId !== "" && (await isTaskKnown(submit, ctx))) {
    await bind(intent, callbackTaskId, ctx);
    return;
  }
  const leftMs = account.clock.toRealMs(account.provider.capabilities.longestRunMs.value) - (nowMs - lostAtMs);
  if (leftMs <= 0) await ledger.releaseSlot(ctx.cell, id, "needs_review", { unwatch: false });
  const nextInMs = leftMs > 0 ? leftMs : dayMs;
  await ledger.reschedule(ctx.cell, { lane: "review", account: account.name, id, lease: held.end(), nextInMs });
}
