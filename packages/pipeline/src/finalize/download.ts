import type { Output } from "@reelqueue/contracts";
import type * as ledger from "@reelqueue/ledger";
import type { DownloadOutcome, OutputTarget } from "@reelqueue/media";
import type { PollResult, RemoteOutput } from "@reelqueue/providers";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";

export type DownloadResult =
  | { kind: "kept"; outputs: Output[] }
  /** `spent`: it counts as one download attempt. */
  | { kind: "later"; why: string; spent: boolean; afterMs?: number }
  | { kind: "lost"; why: string };

/** How often one attempt asks the provider for a new URL instead of an expired one. */
const freshUrls = 3;

/** Downloads every output of a task. A stored output is not downloaded again. */
export async function downloadOutputs(
  found: ledger.Found,
  remote: RemoteOutput[],
  signal: AbortSignal,
  ctx: Context,
): Promise<DownloadResult> {
  let urls = remote;
  const outputs: Output[] = [];
  for (const [position, { kind }] of remote.entries()) {
    const index = remote.slice(0, position).filter((earlier) => earlier.kind === kind).length;
    let download: DownloadOutcome | undefined;
    for (let tries = 0; tries <= freshUrls; tries += 1) {
      const output = urls.filter((candidate) => candidate.kind === kind)[index];
      if (!output) return { kind: "later", why: `the provider offers no ${kind} any more`, spent: true };
      download = await ctx.outputs.download({ url: output.url }, { ...targetOf(found, kind), index }, signal);
      if (download.kind !== "expired") break;
      const fresh = await freshUrlsOf(found, ctx);
      if (fresh.kind !== "fresh") return fresh.result;
      urls = fresh.outputs;
    }
    if (download?.kind !== "stored") return notDownloaded(download, ctx);
    const { key, bytes, sha256, contentType } = download;
    outputs.push({ kind, key, bytes, sha256, contentType });
  }
  return { kind: "kept", outputs };
}

function targetOf({ id, record }: ledger.Found, kind: OutputTarget["kind"]): OutputTarget {
  return {
    generation: id,
    createdAt: new Date(record.createdAtMs).toISOString(),
    attempt: record.attempt,
    kind,
  };
}

function notDownloaded(
  outcome: Exclude<DownloadOutcome, { kind: "stored" }> | undefined,
  { timing }: Context,
): DownloadResult {
  switch (outcome?.kind) {
    case undefined:
    case "expired":
      return { kind: "later", why: "every URL of the provider was refused", spent: true };
    case "full":
      return {
        kind: "later",
        why: `the disk is full: ${outcome.freeBytes} bytes free`,
        spent: false,
        afterMs: timing.diskFullWaitMs,
      };
    case "aborted":
      return { kind: "later", why: "another worker has it now, or this one is stopping", spent: false, afterMs: 0 };
    case "too_large":
      return { kind: "lost", why: `it is larger than ${outcome.limitBytes} bytes` };
    case "unreachable":
      return {
        kind: "later",
        why: outcome.reason,
        spent: true,
        ...(outcome.retryAfterMs !== undefined && { afterMs: outcome.retryAfterMs }),
      };
    case "truncated":
    case "invalid":
    case "blocked":
      return { kind: "later", why: outcome.reason, spent: true };
  }
}

type Fresh = { kind: "fresh"; outputs: RemoteOutput[] } | { kind: "none"; result: DownloadResult };

/** Polls the task again: most providers sign a new URL in every answer. */
async function freshUrlsOf({ record }: ledger.Found, ctx: Context): Promise<Fresh> {
  const account = ctx.accounts.get(record.account);
  if (!account || record.taskId === undefined)
    return {
      kind: "none",
      result: { kind: "later", why: `account ${record.account} is not configured`, spent: false, afterMs: 60_000 },
    };
  const result: PollResult = await account.provider.poll(record.taskId, callOf(account, ctx));
  switch (result.kind) {
    case "succeeded":
      return { kind: "fresh", outputs: result.outputs };
    case "throttled":
      return {
        kind: "none",
        result: { kind: "later", why: result.message, spent: false, afterMs: result.retryAfterMs ?? 5_000 },
      };
    case "blocked":
      await pauseBlocked(account, result, ctx);
      return { kind: "none", result: { kind: "later", why: result.message, spent: false, afterMs: 60_000 } };
    case "failed":
      return {
        kind: "none",
        result: { kind: "lost", why: `the provider now says it failed: ${result.failure.message}` },
      };
    case "missing":
    case "unreachable":
      return { kind: "none", result: { kind: "later", why: result.message, spent: true } };
    case "pending":
    case "canceled":
    case "expired":
      return { kind: "none", result: { kind: "later", why: `the provider now says ${result.kind}`, spent: true } };
  }
}
