import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import type { ProbeResult, Prober } from "@reelqueue/media";
import { fileProblemsOf, type InspectedMedium, type Medium, mediaOf } from "@reelqueue/providers";
import type { Account, Accounts } from "../accounts.ts";

/** The inspected media of some requests. */
export interface InspectedMedia {
  at(medium: Medium): ProbeResult | undefined;
}

/** Nothing was inspected: no file has a problem. */
const notInspected: InspectedMedia = { at: () => undefined };

/** What file rules are checked with. */
type FileRuling = Pick<Account, "probe" | "provider"> & { reading: Pick<Account["reading"], "switches"> };

/** For all files of one call; a file that is not inspected by then causes only a warning. */
const longestMs = 20_000;

/** Inspects the media of requests that some account has rules about, each distinct file once, all at the same time. */
export async function inspectMedia(
  requests: readonly GenerationRequest[],
  accounts: Accounts,
  { prober, withinMs = longestMs }: { prober: Prober; withinMs?: number },
): Promise<InspectedMedia> {
  const wanted = new Map<string, Medium>();
  for (const request of requests) {
    for (const medium of wantedOf(request, accounts)) wanted.set(keyOf(medium), medium);
  }
  if (wanted.size === 0) return notInspected;
  const { promise: timedOut, resolve } = Promise.withResolvers<ProbeResult>();
  const timer = setTimeout(() => resolve({ kind: "unreachable", reason: "not inspected in time" }), withinMs);
  const found = new Map<string, ProbeResult>();
  await Promise.all(
    [...wanted].map(async ([key, { url, kind }]) => {
      found.set(key, await Promise.race([prober(url, kind === "frame" ? "image" : kind), timedOut]));
    }),
  );
  clearTimeout(timer);
  return { at: (medium) => found.get(keyOf(medium)) };
}

/**
 * The problems of the files by the rules of the account's provider; a warning for each file that could not be
 * inspected.
 */
export function fileProblems(request: GenerationRequest, account: FileRuling, inspected: InspectedMedia): Problem[] {
  if (inspected === notInspected) return [];
  const known: InspectedMedium[] = [];
  const warnings: Problem[] = [];
  for (const medium of ruledMedia(request, account)) {
    const probed = inspected.at(medium);
    if (probed?.kind === "facts") known.push({ medium, facts: probed.facts });
    else if (probed !== undefined) warnings.push(notInspectedWarning(medium, probed.reason));
  }
  if (known.length === 0) return warnings;
  return [...fileProblemsOf(account.provider.fileRules, known, account.reading), ...warnings];
}

/**
 * The total length of the reference videos; `undefined` where the account does not inspect them, or not all lengths are
 * known.
 */
export function videoSeconds(
  request: GenerationRequest,
  account: Account,
  inspected: InspectedMedia,
): number | undefined {
  if (inspected === notInspected || request.videos.length === 0) return undefined;
  const lengths = ruledMedia(request, account)
    .filter(({ kind }) => kind === "video")
    .map((medium) => {
      const probed = inspected.at(medium);
      return probed?.kind === "facts" ? probed.facts.seconds : undefined;
    });
  if (lengths.length < request.videos.length) return undefined;
  const totalMs = lengths.reduce<number>((sum, seconds = Number.NaN) => sum + Math.round(seconds * 1_000), 0);
  return Number.isNaN(totalMs) ? undefined : totalMs / 1_000;
}

function wantedOf(request: GenerationRequest, accounts: Accounts): Medium[] {
  if (request.images.length + request.videos.length + request.audios.length === 0) return [];
  const named = request.account === undefined ? [...accounts.values()] : [accounts.get(request.account)];
  return named.flatMap((account) => (account ? ruledMedia(request, account) : []));
}

/** The media that the account's provider has rules about; assets are not inspected, only the provider has them. */
function ruledMedia(request: GenerationRequest, { probe, provider }: Pick<FileRuling, "probe" | "provider">): Medium[] {
  if (!probe) return [];
  return mediaOf(request).filter(
    ({ kind, url }) => !url.startsWith("asset:") && provider.fileRules.some(({ of }) => of.includes(kind)),
  );
}

function notInspectedWarning({ field, url }: Medium, why: string): Problem {
  return {
    field,
    given: url.length > 80 ? `${url.slice(0, 77)}…` : url,
    allowed: `a file that can be inspected; its format, pixels and length are not checked: ${why}`,
    rule: "media",
    label: "SCHEMA",
    source: "reelqueue",
    severity: "warning",
  };
}

function keyOf({ kind, url }: Medium): string {
  return `${kind === "frame" ? "image" : kind} ${url}`;
}
