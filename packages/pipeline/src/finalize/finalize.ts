import type { JobRef, Output } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { JobResult } from "@reelqueue/queue";
import type { FinalizeDeps } from "../context.ts";
import { insist } from "../insist.ts";
import { holdJobLease } from "../leases.ts";
import { fullJitterMs } from "../timing.ts";
import { downloadOutputs } from "./download.ts";

/** Tries to keep the outputs before they are given up as lost. */
const triesAllowed = 8;

/** Keeps the outputs of one finished task, then lets the generation rest and its webhook go out, in one step and once. */
export async function finalize(handOver: JobRef, signal: AbortSignal, deps: FinalizeDeps): Promise<JobResult> {
  const found = await ledger.read(deps.cell, handOver.generation);
  if (found?.record.state !== "finalizing" || found.record.dispatchSeq !== handOver.n) {
    return { kind: "done", note: `nothing to do: it is ${found?.record.state ?? "gone"} under another hand-over` };
  }
  using _ = holdJobLease(handOver, { lane: "finalize", leaseMs: deps.timing.finalizeLeaseMs }, deps);
  const remote = found.record.remoteOutputs ?? [];
  const result = await downloadOutputs(found, remote, signal, deps);
  await deps.crashPoint?.("finalize:after-download", found.id);
  switch (result.kind) {
    case "kept":
      return (await writeManifest(found, result.outputs, deps)) === "full"
        ? await tryLater(found, noRoom(deps), handOver, deps)
        : await succeed(found, result.outputs, deps);
    case "lost":
      return await lose(found, result.why, deps);
    case "later":
      return await tryLater(found, result, handOver, deps);
  }
}

function writeManifest(found: ledger.Found, outputs: Output[], deps: FinalizeDeps): Promise<"written" | "full"> {
  return deps.outputs.passport({ generation: found.id, createdAt: bornAt(found) }, manifestOf(found, outputs));
}

function noRoom({ timing }: FinalizeDeps): { why: string; spent: boolean; afterMs: number } {
  return { why: "the disk is too full for its passport", spent: false, afterMs: timing.diskFullWaitMs };
}

async function succeed(found: ledger.Found, outputs: Output[], deps: FinalizeDeps): Promise<JobResult> {
  const cost = settledCost(found, deps);
  await deps.crashPoint?.("finalize:before-move", found.id);
  const token = ledger.operationToken();
  const moved = await insist(deps, () => deps.transitions.succeed(found, token, outputs, cost));
  await deps.crashPoint?.("finalize:after-move", found.id);
  if (moved.kind === "moved" || moved.kind === "already") {
    deps.meters.ends.inc({ account: found.record.account, state: "succeeded" });
    deps.meters.outputBytes.inc(outputs.reduce((sum, { bytes }) => sum + bytes, 0));
    deps.log.info({ generation: found.id, taskId: found.record.taskId, account: found.record.account }, "succeeded");
  }
  return { kind: "done", note: outputs.map(({ key }) => key).join(" ") };
}

/** What the provider says it used, at the account's prices; where it says nothing, what was reserved is what it cost. */
function settledCost({ record, request }: ledger.Found, { accounts }: FinalizeDeps): number | undefined {
  const account = accounts.get(record.account);
  if (!account?.provider.price.settle || record.usage === undefined) return undefined;
  const { usd } = account.provider.price.settle(request, record.usage, account.reading);
  return usd === null ? undefined : usd * 1_000_000;
}

async function tryLater(
  found: ledger.Found,
  { why, spent, afterMs }: { why: string; spent: boolean; afterMs?: number },
  handOver: JobRef,
  deps: FinalizeDeps,
): Promise<JobResult> {
  const keeps = (found.record.downloadAttempts ?? 0) + (spent ? 1 : 0);
  if (keeps >= triesAllowed) return lose(found, `${why}, ${keeps} times`, deps);
  const waitMs = afterMs ?? 1_000 + fullJitterMs(keeps, deps.random, { baseMs: 1_000, capMs: 120_000 });
  await ledger.updateFields(deps.cell, found.id, { downloadAttempts: keeps });
  await ledger.extendLease(deps.cell, "finalize", handOver, waitMs + deps.timing.finalizeLeaseMs);
  deps.log.warn(
    { generation: found.id, taskId: found.record.taskId, account: found.record.account, why },
    "the outputs could not be kept yet",
  );
  return { kind: "again", afterMs: waitMs };
}

async function lose(found: ledger.Found, why: string, deps: FinalizeDeps): Promise<JobResult> {
  const message = `paid for, but the file could not be had: ${why}`;
  const token = ledger.operationToken();
  await insist(deps, () => deps.transitions.loseOutput(found, token, message));
  deps.meters.alarms.inc({ kind: "output-lost" });
  deps.log.error({ generation: found.id, taskId: found.record.taskId, account: found.record.account }, message);
  return { kind: "stop", reason: message };
}

function bornAt({ record }: ledger.Found): string {
  return new Date(record.createdAtMs).toISOString();
}

/** What stays beside the outputs for good: what was asked, what came, what it cost, and when everything happened. */
export function manifestOf({ id, record, request }: ledger.Found, outputs: readonly Output[]): string {
  const { timeline, ...generation } = ledger.toGeneration(id, record, request);
  return `${JSON.stringify({ version: 1, ...generation, state: "succeeded", outputs, timeline }, null, 2)}\n`;
}
