import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { bind } from "../submit/outcome.ts";
import { isTaskKnown } from "./methods.ts";
import { fields, type UnresolvedSubmit, unresolvedSubmitOf } from "./reconcile.ts";

const batch = 20;
const dayMs = 24 * 3_600_000;

/**
 * What waits for a person: a callback that comes late still settles it, and once the task, should it exist, can no longer be running,
 * its slot is free. The question stays open.
 */
export async function watchReviews(account: Account, deps: Context): Promise<void> {
  const leaseMs = deps.timing.pollLeaseMs;
  const { items, lease } = await ledger.claim(deps.cell, "review", account.name, fields, { limit: batch, leaseMs });
  const looks = items.map(async (item) => {
    const lost = await unresolvedSubmitOf(item, lease, account, deps);
    if (lost !== undefined) await watchOne(lost, deps);
  });
  // one after the other, a provider that hangs would keep a worker that is told to stop for minutes
  const failed = (await Promise.allSettled(looks)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

async function watchOne(lost: UnresolvedSubmit, deps: Context): Promise<void> {
  const { intent, callbackTaskId, nowMs, lostAtMs } = lost;
  const { account, id } = intent;
  using held = holdClaim("review", account.name, { id, lease: lost.lease }, deps);
  if (callbackTaskId !== "" && (await isTaskKnown(lost, deps))) {
    await bind(intent, callbackTaskId, deps);
    return;
  }
  const leftMs = account.provider.capabilities.longestRunMs.value / account.timeScale - (nowMs - lostAtMs);
  if (leftMs <= 0) await ledger.releaseSlot(deps.cell, id, "needs_review", { unwatch: false });
  const nextInMs = leftMs > 0 ? leftMs : dayMs;
  await ledger.reschedule(deps.cell, { lane: "review", account: account.name, id, lease: held.end(), nextInMs });
}
