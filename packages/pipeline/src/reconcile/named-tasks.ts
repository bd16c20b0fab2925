import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { isKnown } from "./methods.ts";

/**
 * Looks up one task that a callback named although its generation does not have it. What the provider does not know is
 * forgotten. What it knows, and no generation owns `namedAfterMs` later, is an orphan: by then every submit that may
 * have created it is resolved.
 */
export async function lookUpNamedTask(account: Account, ctx: Context): Promise<void> {
  const { cell } = ctx;
  const [task] = await ledger.dueNamedTasks(cell, account.name, 1);
  if (task === undefined) return;
  const isOwned = (await ledger.ownerOf(cell, account.name, task.taskId)) !== undefined;
  if (!isOwned && !task.isKnown) {
    const answer = await account.provider.poll(task.taskId, callOf(account, ctx));
    if (answer.kind !== "missing") {
      const known = isKnown(answer);
      const inMs = known ? ctx.timing.namedAfterMs : ctx.timing.absencesApartMs;
      return ledger.keepNamedTask(cell, account.name, task, { isKnown: known, inMs });
    }
  } else if (!isOwned) await recordOrphan(task, account, ctx);
  await ledger.forgetNamedTask(cell, account.name, task);
}

async function recordOrphan({ generation, taskId }: ledger.NamedTask, account: Account, ctx: Context): Promise<void> {
  const fresh = await ledger.recordUnowned(ctx.cell, account.name, [taskId], generation);
  if (fresh.length === 0) return;
  ctx.meters.alarms.inc({ kind: "orphan" });
  ctx.log.error(
    { event: "task.orphaned", source: "callback", generation, account: account.name, taskId },
    "orphaned task recorded: a callback named it, its provider knows it, and no generation owns it",
  );
}
