import type { JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { JobResult } from "@reelqueue/queue";
import { type Context, untilStored } from "../context.ts";
import { holdJobLease } from "../leases.ts";
import { fullJitterMs } from "../timing.ts";
import { type DownloadResult, downloadOutputs } from "./download.ts";

/** The outputs count as lost after this many download attempts. */
const attemptsAllowed = 8;

/**
 * Downloads the outputs of one finished task, then ends the generation and queues its webhook, in one step and once.
 */
export async function finalize(job: JobRef, signal: AbortSignal, ctx: Context): Promise<JobResult> {
  const found = await ledger.read(ctx.cell, job.generation);
  if (found?.record.state !== "finalizing" || found.record.dispatchSeq !== job.dispatchSeq) {
    return { kind: "done", note: `nothing to do: it is ${found?.record.state ?? "gone"} under another dispatch` };
  }
  using _ = holdJobLease(job, { lane: "finalize", leaseMs: ctx.timing.finalizeLeaseMs }, ctx);
  const remote = found.record.remoteOutputs ?? [];
  const result = await downloadOutputs(found, remote, signal, ctx);
  await ctx.crashPoint?.("finalize:after-download", found.id);
  switch (result.kind) {
    case "kept":
      return await keep(found, result, job, ctx);
    case "lost":
      return await lose(found, result.why, ctx);
    case "later":
      return await tryLater(found, result, job, ctx);
  }
}

/** Writes the manifest, then ends the generation: none succeeds without its manifest. */
async function keep(
  found: ledger.Found,
  { outputs, warnings }: Extract<DownloadResult, { kind: "kept" }>,
  job: JobRef,
  ctx: Context,
): Promise<JobResult> {
  const kept = { outputs, warnings, costMicroUsd: settledCost(found, ctx) };
  const createdAt = new Date(found.record.createdAtMs).toISOString();
  const written = await ctx.outputs.manifest({ generation: found.id, createdAt }, manifestOf(found, kept));
  return written === "full" ? tryLater(found, noRoom(ctx), job, ctx) : succeed(found, kept, ctx);
}

function noRoom({ timing }: Context): { why: string; spent: boolean; afterMs: number } {
  return { why: "the disk is too full for the manifest", spent: false, afterMs: timing.diskFullWaitMs };
}

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
  { why, spent, afterMs }: { why: string; spent: boolean; afterMs?: number },
  job: JobRef,
  ctx: Context,
): Promise<JobResult> {
  const attempts = (found.record.downloadAttempts ?? 0) + (spent ? 1 : 0);
  if (attempts >= attemptsAllowed) return lose(found, `${why}, ${attempts} times`, ctx);
  const waitMs = afterMs ?? 1_000 + fullJitterMs(attempts, ctx.random, { baseMs: 1_000, capMs: 120_000 });
  await ledger.updateFields(ctx.cell, found.id, { downloadAttempts: attempts });
  await ledger.extendLease(ctx.cell, "finalize", job, waitMs + ctx.timing.finalizeLeaseMs);
  ctx.log.warn(
    { event: "finalize.retrying", ...subjectOf(found), why, waitMs },
    "outputs not downloaded yet, retrying",
  );
  return { kind: "again", afterMs: waitMs };
}

async function lose(found: ledger.Found, why: string, ctx: Context): Promise<JobResult> {
  const message = `charged, but the file could not be downloaded: ${why}`;
  const token = ledger.operationToken();
  await untilStored(ctx, () => ctx.transitions.loseOutput(found, token, message));
  ctx.meters.alarms.inc({ kind: "output-lost" });
  ctx.log.error({ event: "finalize.output_lost", ...subjectOf(found) }, message);
  return { kind: "stop", reason: message };
}

/** Names the generation of a log line. */
function subjectOf({ id, record }: ledger.Found) {
  return { generation: id, taskId: record.taskId, account: record.account };
}

/** The manifest beside the outputs, which stays: the generation as its end leaves it. */
function manifestOf(found: ledger.Found, kept: ledger.Success): string {
  return `${JSON.stringify({ version: 1, ...ledger.toSucceeded(found, kept) }, null, 2)}\n`;
}
