import * as ledger from "@reelqueue/ledger";
import { reconciliationBy, type TaskPage } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callOf } from "../accounts.ts";
import type { Context } from "../context.ts";

const dayMs = 24 * 3_600_000;
const mostPages = 20;
/** Until when each account's tasks have been looked through, in ms of the provider's clock. */
const seenUntil = new WeakMap<Account, number>();

/**
 * Reads what the provider has made since the last time and notes every task that no generation owns: money that assumption A1 did not
 * hold for. Answers how many were new. A task is left alone while its POST may still be resolved.
 */
export async function findOrphans(account: Account, deps: Context, nowMs = Date.now()): Promise<number> {
  const { provider, sharedKey } = account;
  const taskList = reconciliationBy(provider, "taskList");
  if (taskList === undefined || sharedKey) return 0;
  const until = nowMs - deps.timing.orphanAfterMs;
  const since = seenUntil.get(account) ?? until - dayMs;
  const taskIds: string[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const answer: TaskPage = await taskList.tasks(page, callOf(account, deps));
    if (answer.kind !== "made") return 0;
    taskIds.push(...answer.tasks.filter(isBetween(since, until)).map(({ taskId }) => taskId));
    if (!answer.more || answer.tasks.every(({ createdAtMs }) => createdAtMs < since)) break;
  }
  seenUntil.set(account, until);
  const fresh = await ledger.recordUnowned(deps.cell, account.name, taskIds);
  for (const taskId of fresh) {
    deps.meters.alarms.inc({ kind: "orphan" });
    deps.log.error({ account: account.name, taskId }, "the provider has a task that no generation owns: see orphans");
  }
  return fresh.length;
}

/** Times come in whole seconds: what is a second too early is looked at twice rather than never. */
function isBetween(since: number, until: number) {
  return ({ createdAtMs }: { createdAtMs: number }) => createdAtMs >= since - 1_000 && createdAtMs <= until;
}
