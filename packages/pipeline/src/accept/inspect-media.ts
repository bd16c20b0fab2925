import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import type { Probed, Prober } from "@reelqueue/media";
import { fileProblemsOf, type InspectedMedium, type Medium, mediaOf } from "@reelqueue/providers";
import type { Account, Accounts } from "../accounts.ts";

/** What the media of some requests turned out to be. */
export interface Looked {
  at(medium: Medium): Probed | undefined;
}

/** Nothing was looked at, so nothing is said about files. */
const notLooked: Looked = { at: () => undefined };

/** Who has rules about files. */
type Asking = Pick<Account, "probe" | "provider"> & { reading: Pick<Account["reading"], "switches"> };

/** For all files of one call; what has not answered by then is only warned of. */
const longestMs = 20_000;

/** Looks at the media of requests, each distinct file once and many at a time; at none that no account asks about. */
export async function lookAtMedia(
  requests: readonly GenerationRequest[],
  accounts: Accounts,
  { prober, withinMs = longestMs }: { prober: Prober; withinMs?: number },
): Promise<Looked> {
  const wanted = new Map<string, Medium>();
  for (const request of requests) {
    for (const medium of wantedOf(request, accounts)) wanted.set(keyOf(medium), medium);
  }
  if (wanted.size === 0) return notLooked;
  const { promise: late, resolve } = Promise.withResolvers<Probed>();
  const clock = setTimeout(() => resolve({ kind: "unreachable", why: "not looked at in time" }), withinMs);
  const found = new Map<string, Probed>();
  await Promise.all(
    [...wanted].map(async ([key, { url, kind }]) => {
      found.set(key, await Promise.race([prober(url, kind === "frame" ? "image" : kind), late]));
    }),
  );
  clearTimeout(clock);
  return { at: (medium) => found.get(keyOf(medium)) };
}

/** What an account's provider says about the files themselves; what could not be looked at is only warned of. */
export function fileProblems(request: GenerationRequest, account: Asking, looked: Looked): Problem[] {
  if (looked === notLooked) return [];
  const seen: InspectedMedium[] = [];
  const warnings: Problem[] = [];
  for (const medium of ruledMedia(request, account)) {
    const probed = looked.at(medium);
    if (probed?.kind === "facts") seen.push({ medium, facts: probed.facts });
    else if (probed !== undefined) warnings.push(unseen(medium, probed.why));
  }
  if (seen.length === 0) return warnings;
  return [...fileProblemsOf(account.provider.fileRules, seen, account.reading), ...warnings];
}

/** How long the reference videos are together; `undefined` where the account does not look, or not all are known. */
export function videoSeconds(request: GenerationRequest, account: Account, looked: Looked): number | undefined {
  if (looked === notLooked || request.videos.length === 0) return undefined;
  const lengths = ruledMedia(request, account)
    .filter(({ kind }) => kind === "video")
    .map((medium) => {
      const probed = looked.at(medium);
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

/** The media that the account's provider has rules about; what an asset is, only the provider knows. */
function ruledMedia(request: GenerationRequest, { probe, provider }: Pick<Asking, "probe" | "provider">): Medium[] {
  if (!probe) return [];
  return mediaOf(request).filter(
    ({ kind, url }) => !url.startsWith("asset:") && provider.fileRules.some(({ of }) => of.includes(kind)),
  );
}

function unseen({ field, url }: Medium, why: string): Problem {
  return {
    field,
    given: url.length > 80 ? `${url.slice(0, 77)}…` : url,
    allowed: `a file that can be looked at; its format, pixels and length are not checked: ${why}`,
    rule: "media",
    label: "SCHEMA",
    source: "reelqueue",
    severity: "warning",
  };
}

function keyOf({ kind, url }: Medium): string {
  return `${kind === "frame" ? "image" : kind} ${url}`;
}
