import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { SubmitResult } from "@reelqueue/providers";
import type { JobResult } from "@reelqueue/queue";
import { circuitBreakerOf } from "../circuit-breaker.ts";
import { type Context, untilStored } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";
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
      await untilStored(ctx, () => pauseBlocked(intent.account, outcome, ctx));
      return requeue(intent, outcome.message, { lane: "backlog" }, ctx);
    case "throttled":
      await untilStored(ctx, () =>
        ledger.throttle(ctx.cell, intent.account.name, outcome.retryAfterMs ?? intent.account.clock.toRealMs(5_000)),
      );
      return requeue(intent, outcome.message, { lane: "backlog" }, ctx);
    case "unsent": {
      const inMs = fullJitterMs(intent.requeues, ctx.random, { baseMs: 2_000, capMs: 300_000 });
      // while the provider is down, no other submit of the account tries it
      const breaker = circuitBreakerOf(intent.account);
      const [downMs, reason] = [breaker.waitMs(), breaker.reason.slice(0, 300)];
      if (downMs > 0) await untilStored(ctx, () => ledger.throttle(ctx.cell, intent.account.name, downMs, { reason }));
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

async function fail(intent: Intent, failure: Failure, ctx: Context): Promise<void> {
  await storeNoTask(intent, ctx, (from) => ctx.transitions.reject({ ...intent, from }, failure));
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
