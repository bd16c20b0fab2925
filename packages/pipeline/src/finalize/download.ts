import type { Output } from "@reelqueue/contracts";
import type * as ledger from "@reelqueue/ledger";
import type { DownloadOutcome, OutputTarget } from "@reelqueue/media";
import type { PollResult, RemoteOutput } from "@reelqueue/providers";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";

export type DownloadResult =
  /** `warnings`: what is not by the book, or was asked for and cannot be had. */
  | { kind: "kept"; outputs: Output[]; warnings: string[] }
  /** `spent`: it counts as one download attempt. */
  | { kind: "later"; why: string; spent: boolean; afterMs?: number }
  | { kind: "lost"; why: string };

/** How often one attempt asks the provider for a new URL instead of an expired one. */
const freshUrls = 3;
/** After this many download attempts a file beside the first video is given up. */
const attemptsForOthers = 2;

/**
 * Downloads the outputs of a task. The first video decides: without it the result is `later` or `lost`. Another file
 * that cannot be had is a warning, if it was asked for or is a video. A stored output is not downloaded again.
 */
export async function downloadOutputs(
  found: ledger.Found,
  remote: RemoteOutput[],
  signal: AbortSignal,
  ctx: Context,
): Promise<DownloadResult> {
  const download = downloaderOf(found, remote, signal, ctx);
  const first = remote.findIndex(({ kind }) => kind === "video");
  const order = [first, ...remote.keys().filter((position) => position !== first)].filter((at) => remote[at]);
  const outputs: Output[] = [];
  const warnings: string[] = [];
  for (const position of order) {
    const result = await download(position);
    const { kind } = remote[position] ?? { kind: "video" };
    if (result.kind === "stored") {
      const { warning, kind: _, ...file } = result;
      outputs[position] = { kind, ...file };
      if (warning !== undefined) warnings.push(`${kind}: ${warning}`);
    } else if (position === first || mayComeLater(result, found)) return result;
    else if (kind === "video" || found.request.returnLastFrame) warnings.push(`${kind} not kept: ${result.why}`);
  }
  if (found.request.returnLastFrame && !remote.some(({ kind }) => kind === "last_frame"))
    warnings.push("last_frame not kept: the provider offers none");
  return { kind: "kept", outputs: outputs.filter(Boolean), warnings };
}

type Stored = Extract<DownloadOutcome, { kind: "stored" }>;
type NotKept = Exclude<DownloadResult, { kind: "kept" }>;

/** Whether a file beside the first video is worth another attempt of the job. */
function mayComeLater(result: NotKept, { record }: ledger.Found): boolean {
  return result.kind === "later" && (!result.spent || (record.downloadAttempts ?? 0) + 1 < attemptsForOthers);
}

/** Downloads the output at a position of `remote`; an expired URL is replaced by a fresh one, for all outputs. */
function downloaderOf(found: ledger.Found, remote: readonly RemoteOutput[], signal: AbortSignal, ctx: Context) {
  let urls = remote;
  return async (position: number): Promise<Stored | NotKept> => {
    const kind = remote[position]?.kind ?? "video";
    const index = remote.slice(0, position).filter((earlier) => earlier.kind === kind).length;
    let outcome: DownloadOutcome | undefined;
    for (let tries = 0; tries <= freshUrls; tries += 1) {
      const output = urls.filter((candidate) => candidate.kind === kind)[index];
      if (!output) return { kind: "later", why: `the provider offers no ${kind} any more`, spent: true };
      outcome = await ctx.outputs.download({ url: output.url }, { ...targetOf(found, kind), index }, signal);
      if (outcome.kind !== "expired") break;
      const fresh = await freshUrlsOf(found, ctx);
      if (fresh.kind !== "fresh") return fresh.result;
      urls = fresh.outputs;
    }
    return outcome?.kind === "stored" ? outcome : notDownloaded(outcome, ctx);
  };
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
): NotKept {
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

type Fresh = { kind: "fresh"; outputs: RemoteOutput[] } | { kind: "none"; result: NotKept };

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
