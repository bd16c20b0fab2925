import * as ledger from "@reelqueue/ledger";
import { reconciliationBy, type TaskPage } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { type Loops, startLoops } from "../loops.ts";

const dayMs = 24 * 3_600_000;
const mostPages = 20;
/** Up to when each account's task list has been searched. */
const searchedUntil = new WeakMap<Account, number>();

/** Searches the task lists of all accounts for orphans, until disposed. */
export function startOrphanSearch(ctx: Context): Loops {
  return startLoops("orphans", ctx, async (account) => {
    await findOrphans(account, ctx);
    return ctx.timing.orphanSearchEveryMs;
  });
}

/**
 * Reads the tasks since the last search and records every one that no generation owns, a charge that violates
 * assumption A1. Returns the number of new orphans. Tasks younger than `orphanAfterMs` are skipped: their submit may
 * still be resolved.
 */
export async function findOrphans(account: Account, ctx: Context, nowMs = Date.now()): Promise<number> {
  const { provider, sharedKey } = account;
  const taskList = reconciliationBy(provider, "taskList");
  if (taskList === undefined || sharedKey) return 0;
  const until = nowMs - ctx.timing.orphanAfterMs;
  const since = searchedUntil.get(account) ?? until - dayMs;
  const taskIds: string[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const answer: TaskPage = await taskList.tasks(page, callOf(account, ctx));
    if (answer.kind !== "listed") return 0;
    taskIds.push(...answer.tasks.filter(isBetween(since, until)).map(({ taskId }) => taskId));
    if (!answer.more || answer.tasks.every(({ createdAtMs }) => createdAtMs < since)) break;
  }
  searchedUntil.set(account, until);
  const fresh = await ledger.recordUnowned(ctx.cell, account.name, taskIds);
  for (const taskId of fresh) {
    ctx.meters.alarms.inc({ kind: "orphan" });
    ctx.log.error(
      { event: "task.orphaned", source: "list", account: account.name, taskId },
      "orphaned task recorded: no generation owns it",
    );
  }
  return fresh.length;
}

/** One second wider at the start: providers round to seconds, and a task read twice is recorded once. */
function isBetween(since: number, until: number) {
  return ({ createdAtMs }: { createdAtMs: number }) => createdAtMs >= since - 1_000 && createdAtMs <= until;
}
