import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { SubmitResult } from "@reelqueue/providers";
import type { JobResult } from "@reelqueue/queue";
import type { Account } from "../accounts.ts";
import { circuitBreakerOf } from "../circuit-breaker.ts";
import { type Context, untilStored } from "../context.ts";
import { firstPollInMs } from "../poll/schedule.ts";
import { fullJitterMs } from "../timing.ts";
import type { Intent } from "./intent.ts";
import { type Due, requeueUnsent, storeNoTask } from "./requeue.ts";

/** Stores the outcome of a POST; while Redis is unavailable it is held in memory and retried. */
export async function storeResult(intent: Intent, outcome: SubmitResult, ctx: Context): Promise<JobResult> {
  const of = { generation: intent.id, account: intent.account.name };
  switch (outcome.kind) {
    case "accepted":
      return bind(intent, outcome.taskId, ctx);
    case "rejected":
      await fail(intent, outcome.failure, ctx);
      ctx.log.info({ event: "submit.rejected", ...of, failure: outcome.failure }, "rejected by the provider");
      return { kind: "stop", reason: `${outcome.failure.class}: ${outcome.failure.message}` };
    case "blocked":
      await untilStored(ctx, () => pauseAccount(intent, outcome.reason, ctx));
      ctx.meters.alarms.inc({ kind: `account-${outcome.reason}` });
      ctx.log.error({ event: "account.paused", ...of, reason: outcome.reason }, `account paused: ${outcome.message}`);
      return requeue(intent, outcome.message, { lane: "backlog" }, ctx);
    case "throttled":
      await untilStored(ctx, () =>
        ledger.throttle(ctx.cell, intent.account.name, outcome.retryAfterMs ?? intent.account.clock.toRealMs(5_000)),
      );
      return requeue(intent, outcome.message, { lane: "backlog" }, ctx);
    case "unsent": {
      const inMs = fullJitterMs(intent.requeues, ctx.random, { baseMs: 2_000, capMs: 300_000 });
      // while the provider is down, no other submit of the account tries it
      const downMs = circuitBreakerOf(intent.account).waitMs();
      if (downMs > 0) await untilStored(ctx, () => ledger.throttle(ctx.cell, intent.account.name, downMs));
      return requeue(intent, outcome.message, { lane: "backoff", inMs }, ctx);
    }
    case "unknown":
      return markUnknown(intent, outcome, ctx);
  }
}

/** Binds a task to its generation, once. A late answer still binds while the generation is unresolved. */
export async function bind(intent: Intent, taskId: string, ctx: Context): Promise<JobResult> {
  const of = { generation: intent.id, account: intent.account.name, taskId };
  const inMs = firstPollInMs(intent.account, intent.runTimeClass, ctx);
  const moved = await untilStored(ctx, () => ctx.transitions.bind(intent, taskId, inMs));
  switch (moved.kind) {
    case "moved":
    case "already":
      ctx.log.info({ event: "submit.created", ...of }, "task created");
      return { kind: "done", note: taskId };
    case "taken":
      ctx.meters.alarms.inc({ kind: "task-taken" });
      ctx.log.error({ event: "submit.task_taken", ...of, by: moved.by }, "the task id belongs to another generation");
      return markUnknown(intent, { message: `task id ${taskId} belongs to ${moved.by}`, evidence: taskId }, ctx);
    case "orphaned":
      ctx.meters.alarms.inc({ kind: "orphan" });
      ctx.log.error(
        { event: "task.orphaned", source: "submit", ...of, state: moved.state },
        "orphaned task recorded: its generation has moved on",
      );
      return { kind: "done", note: "the generation takes no task any more: see orphans" };
    default:
      ctx.log.warn({ event: "submit.late_answer", ...of, moved }, "late answer: its generation has moved on");
      return { kind: "done", note: `late answer: ${moved.kind}` };
  }
}

function pauseAccount(intent: Intent, reason: "key" | "balance", ctx: Context): Promise<void> {
  return ledger.pause(ctx.cell, intent.account.name, reason === "key" ? "bad key" : "balance", { automatic: true });
}

async function fail(intent: Intent, failure: Failure, ctx: Context): Promise<void> {
  await storeNoTask(intent, ctx, (from) => ctx.transitions.reject({ ...intent, from }, failure));
  ctx.meters.ends.inc({ account: intent.account.name, state: "failed" });
}

async function requeue(intent: Intent, why: string, due: Due, ctx: Context): Promise<JobResult> {
  const note = `not sent: ${why}`;
  await requeueUnsent(intent, { note, due, requeues: intent.requeues + 1 }, ctx);
  return { kind: "done", note };
}

async function markUnknown(
  intent: Intent,
  { message, evidence }: { message: string; evidence: string },
  ctx: Context,
): Promise<JobResult> {
  const unknownReason = `${message}: ${evidence}`.slice(0, 500).toWellFormed();
  const moved = await untilStored(ctx, () => ctx.transitions.markUnknown(intent, unknownReason, message));
  ctx.log.warn(
    { event: "submit.unknown", generation: intent.id, account: intent.account.name, moved: moved.kind },
    `no certain answer to a POST: ${message}`,
  );
  return { kind: "done", note: `unknown: ${message}` };
}

/** After this many lost answers in a row the provider is at fault, and the account is paused. */
const lostStreakLimit = 10;
const lostStreaks = new WeakMap<Account, number>();

/**
 * Counts lost answers in a row, for a provider without a reconciliation method: there every lost answer needs a review.
 * At the limit the account is paused until an operator resumes it.
 */
export async function pauseAfterLostStreak(account: Account, lost: boolean, ctx: Context): Promise<void> {
  if (account.provider.reconcile.length > 0) return;
  const count = lost ? (lostStreaks.get(account) ?? 0) + 1 : 0;
  lostStreaks.set(account, count);
  if (count < lostStreakLimit) return;
  await ledger.pause(
    ctx.cell,
    account.name,
    `${lostStreakLimit} answers in a row were lost; check the provider, then resume the account`,
    { automatic: true },
  );
  ctx.meters.alarms.inc({ kind: "losing-streak" });
  ctx.log.error(
    { event: "account.paused", account: account.name, reason: "lost answers" },
    `account paused: ${lostStreakLimit} answers in a row were lost`,
  );
}
