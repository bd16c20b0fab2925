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
/** Writes what came of a POST; held in memory and tried again for as long as Redis is away. */
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
        ledger.throttle(ctx.cell, intent.account.name, outcome.retryAfterMs ?? 5_000 / intent.account.timeScale),
      );
      return requeue(intent, outcome.message, { lane: "backlog" }, ctx);
    case "unsent": {
      const inMs = fullJitterMs(intent.requeues, ctx.random, { baseMs: 2_000, capMs: 300_000 });
      // while the provider is away, the others need not find that out one by one
      const awayMs = circuitBreakerOf(intent.account).waitMs();
      if (awayMs > 0) await untilStored(ctx, () => ledger.throttle(ctx.cell, intent.account.name, awayMs));
      return requeue(intent, outcome.message, { lane: "backoff", inMs }, ctx);
    }
    case "unknown":
      return markUnknown(intent, outcome, ctx);
  }
}

/** The task is ours: bound to the generation once and for all. A late answer still finds its generation while that is unresolved. */
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
      return { kind: "done", note: "a task that is not wanted any more: see orphans" };
    default:
      ctx.log.warn({ event: "submit.late_answer", ...of, moved }, "late answer: its generation has moved on");
      return { kind: "done", note: `came late: ${moved.kind}` };
  }
}

function pauseAccount(intent: Intent, reason: "key" | "balance", ctx: Context): Promise<void> {
  return ledger.pause(ctx.cell, intent.account.name, reason === "key" ? "bad key" : "balance", { automatic: true });
}

async function fail(intent: Intent, failure: Failure, ctx: Context): Promise<void> {
  await untilStored(ctx, () => ctx.transitions.reject(intent, failure));
  ctx.meters.ends.inc({ account: intent.account.name, state: "failed" });
}

type Due = Parameters<ledger.Transitions["requeue"]>[2];

async function requeue(intent: Intent, why: string, due: Due, ctx: Context): Promise<JobResult> {
  const note = `not sent: ${why}`;
  await untilStored(ctx, () => ctx.transitions.requeue(intent, note, due, intent.requeues + 1));
  return { kind: "done", note };
}

async function markUnknown(
  intent: Intent,
  { message, evidence }: { message: string; evidence: string },
  ctx: Context,
): Promise<JobResult> {
  const unknownReason = `${message}: ${evidence}`.slice(0, 500).toWellFormed();
  const moved = await untilStored(ctx, () =>
    ctx.transitions.markUnknown(intent, { note: message, unknownReason }, 1_000),
  );
  ctx.log.warn(
    { event: "submit.unknown", generation: intent.id, account: intent.account.name, moved: moved.kind },
    `no certain answer to a POST: ${message}`,
  );
  return { kind: "done", note: `unknown: ${message}` };
}

/** So many lost answers in a row, with no other answer between, are the provider's trouble and not bad luck. */
const streak = 10;
const lostStreaks = new WeakMap<Account, number>();

/**
 * Counts what the answers of an account are like. Where nothing but a person can settle a lost one, a provider that loses them all would cost
 * a review for every row: the account is paused instead, until somebody has looked.
 */
export async function pauseAfterLostStreak(account: Account, lost: boolean, ctx: Context): Promise<void> {
  if (account.provider.reconcile.length > 0) return;
  const count = lost ? (lostStreaks.get(account) ?? 0) + 1 : 0;
  lostStreaks.set(account, count);
  if (count < streak) return;
  await ledger.pause(
    ctx.cell,
    account.name,
    `${streak} answers in a row were lost; look at the provider, then resume it`,
    { automatic: true },
  );
  ctx.meters.alarms.inc({ kind: "losing-streak" });
  ctx.log.error(
    { event: "account.paused", account: account.name, reason: "lost answers" },
    `account paused: ${streak} answers in a row were lost`,
  );
}
