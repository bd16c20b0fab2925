import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";
import type { PollDecision, PolledTask } from "./evaluate.ts";
import { afterFailure } from "./failure-policy.ts";

type Claimed = PolledTask & { lease: string };

/** Writes a decision: the next poll, or the end of the task, and the finalize job of a finished one. */
export async function applyDecision(
  task: Claimed,
  decision: PollDecision,
  account: Account,
  ctx: Context,
): Promise<void> {
  if (decision.kind === "reschedule") return reschedule(task, decision, account, ctx);
  const { id } = task;
  const ended = await writeEnd(task, decision, account, ctx);
  if (ended === undefined) return;
  ctx.wakeAdmission(account.name);
  await ctx.crashPoint?.("poll:after-move", id);
  const { moved, to, note } = ended;
  const isWritten = moved.kind === "moved" || moved.kind === "already";
  if (decision.kind === "finished") {
    const { finalizePriority: priority } = decision.task;
    if (isWritten) await ctx.queues.add("finalize", [{ generation: id, dispatchSeq: moved.dispatchSeq, priority }]);
    await ctx.crashPoint?.("poll:after-jobs", id);
    if (task.lane === "poll" && decision.task.oddStatus === undefined)
      await ctx.runTimes.record({ class: task.runTimeClass, ms: decision.ranMs });
  }
  if (moved.kind !== "moved") return;
  if (decision.kind === "failed" && decision.failure.class === "output_lost")
    ctx.meters.alarms.inc({ kind: "output-lost" });
  if (task.calledAtMs === undefined && decision.kind !== "overdue") await ctx.callbackTrust.missed(account);
  ctx.log.info(
    { event: "poll.ended", generation: id, taskId: task.taskId, account: account.name, to, note },
    "task ended",
  );
}

async function reschedule(
  { id, lane, lease }: Claimed,
  { nextInMs, set, throttleMs, blocked }: Extract<PollDecision, { kind: "reschedule" }>,
  account: Account,
  ctx: Context,
): Promise<void> {
  const { cell } = ctx;
  if (throttleMs !== undefined)
    await ledger.throttle(cell, account.name, throttleMs, { bucket: account.polls ? "polls" : "requests" });
  if (blocked !== undefined) await pauseBlocked(account, blocked, ctx);
  await ledger.reschedule(cell, { lane, account: account.name, id, lease, nextInMs, set });
}

interface Ended {
  moved: ledger.Moved;
  to: State;
  note?: string;
}

/** Writes the end of a task; `undefined`: its generation is already expired, and stays so. */
async function writeEnd(
  { id, taskId, lane }: Claimed,
  decision: Exclude<PollDecision, { kind: "reschedule" }>,
  account: Account,
  ctx: Context,
): Promise<Ended | undefined> {
  const { transitions, timing } = ctx;
  if (decision.kind === "finished") {
    const from = lane === "watch" ? ("expired" as const) : ("running" as const);
    const moved = await transitions.finishTask({ id, taskId, from }, decision.task, timing.finalizeLeaseMs);
    return { moved, to: "finalizing" };
  }
  if (lane === "watch") {
    await ledger.releaseSlot(ctx.cell, id, "expired", { unwatch: true });
    return undefined;
  }
  if (decision.kind === "overdue")
    return { moved: await transitions.expireOverdue(id, taskId, decision.why), to: "expired" };
  if (decision.kind === "failed") return afterFailure({ id, taskId }, decision.failure, account, ctx);
  return { moved: await transitions.endAsProviderSays(id, taskId, decision.state), to: decision.state };
}
