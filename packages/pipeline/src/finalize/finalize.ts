import type { Failure, JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { JobResult } from "@reelqueue/queue";
import { providerClock } from "../accounts.ts";
import { type Context, untilStored } from "../context.ts";
import { holdJobLease } from "../leases.ts";
import { type DownloadResult, downloadOutputs, type NotKept } from "./download.ts";
import { lifeEndsAtMs, waitMs } from "./next-try.ts";

/**
 * Downloads the outputs of one finished task, then ends the generation and queues its webhook, in one step and once.
 */
export async function finalize(job: JobRef, signal: AbortSignal, ctx: Context): Promise<JobResult> {
  const found = await ledger.read(ctx.cell, job.generation);
  if (found?.record.state !== "finalizing" || found.record.dispatchSeq !== job.dispatchSeq) {
    return { kind: "done", note: `nothing to do: it is ${found?.record.state ?? "gone"} under another dispatch` };
  }
  using _ = holdJobLease(job, { lane: "finalize", leaseMs: ctx.timing.finalizeLeaseMs }, ctx);
  // every second try asks the provider for URLs; once their life is over, every one
  const askFirst = (found.record.downloadAttempts ?? 0) % 2 === 1 || isLifeOver(found, ctx);
  const result = await downloadOutputs(found, { askFirst, signal }, ctx);
  await ctx.crashPoint?.("finalize:after-download", found.id);
  switch (result.kind) {
    case "kept":
      return await keep(found, result, job, ctx);
    case "later":
      if (result.failure && isTentative(found)) return await failAfterAll(found, result.failure, ctx);
      return result.dead && isLifeOver(found, ctx)
        ? await lose(found, result.why, ctx)
        : await tryLater(found, result, job, ctx);
  }
}

function isLifeOver({ record }: ledger.Found, { accounts }: Context): boolean {
  const account = accounts.get(record.account);
  return account !== undefined && Date.now() >= lifeEndsAtMs(record, account);
}

/** Its videos may be previews: their task is not over for certain. */
function isTentative({ record: { remoteOutputs = [] } }: ledger.Found): boolean {
  return remoteOutputs.some(({ tentative }) => tentative);
}

/** Writes the manifest, then ends the generation: none succeeds without its manifest. */
async function keep(
  found: ledger.Found,
  { outputs, warnings }: Extract<DownloadResult, { kind: "kept" }>,
  job: JobRef,
  ctx: Context,
): Promise<JobResult> {
  const kept = { outputs, warnings, costMicroUsd: settledCost(found, ctx) };
  const target = { generation: found.id, createdAt: new Date(found.record.createdAtMs).toISOString() };
  const written = await ctx.outputs.manifest(target, manifestOf(found, kept));
  return written === "full" ? tryLater(found, noRoom, job, ctx) : succeed(found, kept, ctx);
}

const noRoom: NotKept = { kind: "later", why: "the disk is too full for the manifest", dead: false, ours: true };

async function succeed(found: ledger.Found, kept: ledger.Success, ctx: Context): Promise<JobResult> {
  const { outputs, warnings = [] } = kept;
  await ctx.crashPoint?.("finalize:before-move", found.id);
  const token = ledger.operationToken();
  const moved = await untilStored(ctx, () => ctx.transitions.succeed(found, token, kept));
  await ctx.crashPoint?.("finalize:after-move", found.id);
  if (moved.kind === "moved" || moved.kind === "already") {
    ctx.meters.outputBytes.inc(outputs.reduce((sum, { bytes }) => sum + bytes, 0));
    ctx.log.info(
      { event: "finalize.succeeded", ...subjectOf(found), ...(warnings.length > 0 && { warnings }) },
      "generation succeeded",
    );
  }
  return { kind: "done", note: outputs.map(({ key }) => key).join(" ") };
}

/**
 * The usage that the provider reports, at the account's prices, in micro USD; `undefined`: the reserved amount is the
 * cost.
 */
function settledCost({ record, request }: ledger.Found, { accounts }: Context): number | undefined {
  const account = accounts.get(record.account);
  if (!account?.provider.price.settle || record.usage === undefined) return undefined;
  const { usd } = account.provider.price.settle(request, record.usage, account.reading);
  return usd === null ? undefined : usd * 1_000_000;
}

async function tryLater(
  found: ledger.Found,
  { why, ours, blocked, afterMs }: NotKept,
  job: JobRef,
  ctx: Context,
): Promise<JobResult> {
  const downloadAttempts = (found.record.downloadAttempts ?? 0) + (ours ? 0 : 1);
  const clock = ctx.accounts.get(found.record.account)?.clock ?? providerClock(1);
  const nextMs = afterMs ?? (ours ? ctx.timing.diskFullWaitMs : waitMs(downloadAttempts, clock, ctx.random));
  await ledger.updateFields(ctx.cell, found.id, { downloadAttempts, downloadFailure: why });
  await ledger.extendLease(ctx.cell, "finalize", job, nextMs + ctx.timing.finalizeLeaseMs);
  if (blocked && found.record.downloadFailure !== why) {
    ctx.meters.alarms.inc({ kind: "blocked-output" });
    ctx.log.error({ event: "finalize.blocked", ...subjectOf(found), why }, "this configuration forbids a paid video");
  }
  ctx.log.warn(
    { event: "finalize.retrying", ...subjectOf(found), why, waitMs: nextMs },
    "outputs not downloaded yet, retrying",
  );
  return { kind: "again", afterMs: nextMs };
}

async function lose(found: ledger.Found, why: string, ctx: Context): Promise<JobResult> {
  const message = `charged, but the file could not be downloaded: ${why}`;
  const token = ledger.operationToken();
  await untilStored(ctx, () => ctx.transitions.loseOutput(found, token, message));
  ctx.meters.alarms.inc({ kind: "output-lost" });
  ctx.log.error({ event: "finalize.output_lost", ...subjectOf(found) }, message);
  return { kind: "stop", reason: message };
}

async function failAfterAll(found: ledger.Found, failure: Failure, ctx: Context): Promise<JobResult> {
  const isFree = ctx.accounts.get(found.record.account)?.retriesFailures ?? false;
  const token = ledger.operationToken();
  await untilStored(ctx, () => ctx.transitions.failAfterAll(found, token, failure, isFree));
  ctx.log.info({ event: "finalize.failed_after_all", ...subjectOf(found) }, "its video was a preview, its task failed");
  return { kind: "stop", reason: failure.message };
}

/** Names the generation of a log line. */
function subjectOf({ id, record }: ledger.Found) {
  return { generation: id, taskId: record.taskId, account: record.account };
}

/** The manifest beside the outputs, which stays: the generation as its end leaves it. */
function manifestOf(found: ledger.Found, kept: ledger.Success): string {
  return `${JSON.stringify({ version: 1, ...ledger.toSucceeded(found, kept) }, null, 2)}\n`;
}
