import type { Failure, Output, OutputKind } from "@reelqueue/contracts";
import type * as ledger from "@reelqueue/ledger";
import type { DownloadOutcome, OutputTarget } from "@reelqueue/media";
import type { RemoteOutput } from "@reelqueue/providers";
import { type Account, type ProviderClock, providerClock } from "../accounts.ts";
import type { Context } from "../context.ts";
import { askProvider, type Offer } from "./ask-provider.ts";

export type DownloadResult =
  /** `warnings`: what is not by the book, or was asked for and cannot be had. */
  { kind: "kept"; outputs: Output[]; warnings: string[] } | NotKept;

export interface NotKept {
  kind: "later";
  why: string;
  /** Real ms until the next try; absent: by the number of tries. */
  afterMs?: number;
  /** The provider was asked in this try, and offers no URL that lives. */
  dead: boolean;
  /** The provider now says that the task failed. */
  failure?: Failure;
  /** This side is at fault: the disk is full, or the process ends. */
  ours?: true;
  /** A setting of this side forbids it; `why` names it. */
  blocked?: true;
}

/** After this many tries a file beside the first video is given up. */
const triesForOthers = 2;

/**
 * Downloads the outputs of a task. The first video decides: without it the result is `later`. Another file that cannot
 * be had is a warning, if it was asked for or is a video. A stored output is not downloaded again. `askFirst`: the
 * provider is asked for the URLs before the known ones are tried.
 */
export async function downloadOutputs(
  found: ledger.Found,
  { askFirst, signal }: { askFirst: boolean; signal: AbortSignal },
  ctx: Context,
): Promise<DownloadResult> {
  const known = found.record.remoteOutputs ?? [];
  const offer = askFirst || known.length === 0 ? await askProvider(found, ctx) : undefined;
  const remote = offer?.kind === "files" ? offer.outputs : known;
  const first = remote.findIndex(({ kind }) => kind === "video");
  if (first < 0) return notOffered(offer, "video");
  const download = downloaderOf(found, { remote, offer, signal }, ctx);
  const outputs: Output[] = [];
  const warnings: string[] = [];
  for (const position of [first, ...remote.keys().filter((other) => other !== first)]) {
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
type Failed = Exclude<DownloadOutcome, Stored>;

/** Whether a file beside the first video is worth another try. */
function mayComeLater({ ours }: NotKept, { record }: ledger.Found): boolean {
  return ours ?? (record.downloadAttempts ?? 0) + 1 < triesForOthers;
}

interface Sources {
  remote: readonly RemoteOutput[];
  /** The answer of the provider in this try. */
  offer: Offer | undefined;
  signal: AbortSignal;
}

/** Downloads the output at a position of `remote`. The provider is asked once a try for URLs, for all outputs. */
function downloaderOf(found: ledger.Found, { remote, offer: asked, signal }: Sources, ctx: Context) {
  const account = ctx.accounts.get(found.record.account);
  const clock = account?.clock ?? providerClock(1);
  let [urls, offer] = [remote, asked];
  return async (position: number): Promise<Stored | NotKept> => {
    const kind = remote[position]?.kind ?? "video";
    const index = remote.slice(0, position).filter((earlier) => earlier.kind === kind).length;
    for (;;) {
      const output = urls.filter((candidate) => candidate.kind === kind)[index];
      if (!output) return notOffered(offer, kind);
      const source = { url: output.url, ...(account && { own: ownOrigin(account) }) };
      const outcome = await ctx.outputs.download(source, { ...targetOf(found, kind), index }, signal);
      if (outcome.kind === "stored") return outcome;
      if (outcome.kind !== "expired" || offer !== undefined) return notDownloaded(outcome, { output, offer }, clock);
      offer = await askProvider(found, ctx);
      if (offer.kind !== "files") return notDownloaded(outcome, { output, offer }, clock);
      urls = offer.outputs;
    }
  };
}

/** Some providers serve files under their API, for its key. */
function ownOrigin({ baseUrl, key }: Account): { origin: string; key: string } {
  return { origin: new URL(baseUrl).origin, key: key.reveal() };
}

function targetOf({ id, record }: ledger.Found, kind: OutputKind): OutputTarget {
  return {
    generation: id,
    createdAt: new Date(record.createdAtMs).toISOString(),
    attempt: record.attempt,
    kind,
  };
}

function notOffered(offer: Offer | undefined, kind: OutputKind): NotKept {
  if (offer === undefined || offer.kind === "files")
    return { kind: "later", why: `the provider offers no ${kind}`, dead: offer !== undefined };
  return { ...offer, kind: "later", dead: offer.kind === "none" };
}

function notDownloaded(
  outcome: Failed,
  { output, offer }: { output: RemoteOutput; offer: Offer | undefined },
  clock: ProviderClock,
): NotKept {
  const failed = meaningOf(outcome, clock);
  const isUnheard = offer === undefined || (offer.kind === "unheard" && outcome.kind !== "expired");
  if (failed.ours || isUnheard) return { kind: "later", dead: false, ...failed };
  if (offer.kind === "files") return { kind: "later", dead: isRefused(outcome) || isOver(output), ...failed };
  return { ...failed, ...offer, kind: "later", why: `${failed.why}; ${offer.why}`, dead: offer.kind === "none" };
}

/** Whether the host of the file answers, but not with the file. */
function isRefused({ kind }: Failed): boolean {
  return kind === "expired" || kind === "invalid" || kind === "truncated";
}

function isOver({ life }: RemoteOutput): boolean {
  return life !== undefined && "untilMs" in life && life.untilMs <= Date.now();
}

function meaningOf(outcome: Failed, clock: ProviderClock): Omit<NotKept, "kind" | "dead"> {
  switch (outcome.kind) {
    case "expired":
      return { why: `the URL of the provider answers ${outcome.status}` };
    case "full":
      return { why: `the disk is full: ${outcome.freeBytes} bytes free`, ours: true };
    case "aborted":
      return { why: "another worker has it now, or this one is stopping", ours: true, afterMs: 0 };
    case "too_large": {
      const why = `it is larger than ${outcome.limitBytes} bytes: raise "outputs.maxFileBytes"`;
      return { why, blocked: true, afterMs: clock.toRealMs(60_000) };
    }
    case "blocked":
      return { why: outcome.reason, blocked: true, afterMs: clock.toRealMs(60_000) };
    case "unreachable":
      return { why: outcome.reason, ...(outcome.retryAfterMs !== undefined && { afterMs: outcome.retryAfterMs }) };
    case "truncated":
    case "invalid":
      return { why: outcome.reason };
  }
}
