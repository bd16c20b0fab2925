import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Deps } from "../context.ts";
import { holdLook } from "../leases.ts";
import { bind } from "../submit/outcome.ts";
import { confirm } from "./methods.ts";
import { fields, type Lost, lostOf } from "./reconcile.ts";

const batch = 20;
const dayMs = 24 * 3_600_000;

/**
 * What waits for a person: a callback that comes late still settles it, and once the task, should it exist, can no longer be running,
 * its slot is free. The question stays open.
 */
export async function lookAtReviewed(account: Account, deps: Deps): Promise<void> {
  const leaseMs = deps.timing.lookLeaseMs;
  const { items, lease } = await ledger.claim(deps.cell, "review", account.name, fields, { limit: batch, leaseMs });
  const looks = items.map(async (item) => {
    const lost = await lostOf(item, lease, account, deps);
    if (lost !== undefined) await look(lost, deps);
  });
  // one after the other, a provider that hangs would keep a worker that is told to stop for minutes
  const failed = (await Promise.allSettled(looks)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

async function look(lost: Lost, deps: Deps): Promise<void> {
  const { intent, callbackTaskId, nowMs, lostAtMs } = lost;
  const { account, id } = intent;
  using held = holdLook("review", account.name, { id, lease: lost.lease }, deps);
  if (callbackTaskId !== "" && (await confirm(lost, deps))) {
    await bind(intent, callbackTaskId, deps);
    return;
  }
  const leftMs = account.provider.capabilities.longestRunMs.value / account.timeScale - (nowMs - lostAtMs);
  if (leftMs <= 0) await ledger.release(deps.cell, id, "needs_review", { unwatch: false });
  const nextInMs = leftMs > 0 ? leftMs : dayMs;
  await ledger.reschedule(deps.cell, { lane: "review", account: account.name, id, lease: held.end(), nextInMs });
}
