import type { JobRef } from "@reelqueue/contracts";
import { operationToken } from "@reelqueue/ledger";
import type { SubmitResult } from "@reelqueue/providers";
import type { JobResult } from "@reelqueue/queue";
import type { Context } from "../context.ts";
import { holdJobLease } from "../leases.ts";
import { pauseAfterLostStreak } from "../pause-account.ts";
import { startUploadIfNeeded } from "../upload/files.ts";
import { beginIntent, type Intent } from "./intent.ts";
import { storeResult } from "./outcome.ts";
import { post } from "./post.ts";

/**
 * Creates the paid task of one generation, at most once: the intent is durable before the first byte is sent, and an
 * answer that may hide a task is `unknown`, which is never resubmitted without reconciliation.
 */
export async function submit(job: JobRef, ctx: Context): Promise<JobResult> {
  const why = ctx.submitRefusal();
  if (why !== undefined) return { kind: "again", afterMs: 5_000 };

  if (await startUploadIfNeeded(job, ctx)) return { kind: "done", note: "its media are uploaded first" };

  await ctx.crashPoint?.("submit:before-intent", job.generation);
  const startedAt = performance.now();
  const token = operationToken();
  const { submitLeaseMs: leaseMs, sendingMs: atMostMs } = ctx.timing;
  // from before the intent: its confirmation by a replica may take seconds
  using _ = holdJobLease(job, { lane: "submitting", leaseMs, atMostMs }, ctx);
  const written = await beginIntent(job, token, ctx);
  if (written.kind === "skipped") return { kind: "done", note: written.note };
  const { intent } = written;
  await ctx.crashPoint?.("submit:after-intent", intent.id);

  // both load during the POST
  void ctx.runTimes.load(intent.account, [intent.runTimeClass]);
  void ctx.callbackTrust.load(intent.account);
  const outcome = await send(intent, startedAt, ctx);
  await ctx.crashPoint?.("submit:after-answer", intent.id);

  ctx.meters.submits.inc({ account: intent.account.name, outcome: outcome.kind });
  const result = await storeResult(intent, outcome, ctx);
  await pauseAfterLostStreak(intent.account, outcome.kind === "unknown", ctx);
  await ctx.crashPoint?.("submit:after-bind", intent.id);
  ctx.wakeAdmission(intent.account.name);
  return result;
}

/** Sends the POST, unless a callback has named a task of this attempt. */
async function send(intent: Intent, startedAt: number, ctx: Context): Promise<SubmitResult> {
  if (intent.callbackTaskId !== undefined) {
    return { kind: "unknown", message: "a callback named a task of this attempt", evidence: intent.callbackTaskId };
  }
  return post(intent, startedAt, ctx);
}
