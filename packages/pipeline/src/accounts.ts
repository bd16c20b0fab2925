import { type Config, type GenerationRequest, type Label, modeOf } from "@reelqueue/contracts";
import type { AdmitLimits, BucketLimits } from "@reelqueue/ledger";
import { type Provider, type Reading, settingsProblems } from "@reelqueue/providers";
import { type ResolvedAccount, type Secret, StartError } from "@reelqueue/runtime";

/** One API key at one provider, with its limits and policies. */
export interface Account {
  name: string;
  provider: Provider;
  baseUrl: string;
  key: Secret;
  callbackSecret?: Secret;
  reading: Reading;
  strict: boolean;
  /** The key also creates tasks outside this installation. */
  sharedKey: boolean;
  /** Media files are inspected before a request is accepted. */
  probe: boolean;
  limits: Omit<AdmitLimits, "leaseMs">;
  /** The provider's limit for all requests, or for submits alone where `polls` has its own; absent: no limit known. */
  requestsPerMinute?: number;
  /** The limit for polls, where the provider counts them apart from submits, and its bucket. */
  polls?: { perMinute: number; rate: number; burst: number };
  /** The provider is known not to charge failed tasks, so a new attempt is never a second charge. */
  retriesFailures: boolean;
  /** What happens to a submit whose outcome stays unknown, and the most to risk on second charges in a day. */
  resubmit: { policy: "review" | "resubmit"; capMicroUsd: number };
  /** The quiet window of an unknown submit, in real ms. */
  quietMs: number;
  clock: ProviderClock;
}

/**
 * Converts between real time and a provider's time, which is `scale` times faster: 1, or the clock factor of a
 * simulator.
 */
export interface ProviderClock {
  scale: number;
  toRealMs(providerMs: number): number;
  toProviderMs(realMs: number): number;
}

export function providerClock(scale: number): ProviderClock {
  return { scale, toRealMs: (providerMs) => providerMs / scale, toProviderMs: (realMs) => realMs * scale };
}

export type Accounts = ReadonlyMap<string, Account>;

/** In flight at most, where the provider documents no limit: one account cannot fill BullMQ. */
const slotsWithoutDocumentedLimit = 1_000;

/** Granted and not begun at most: as many as one submitter begins at once by default (`SUBMIT_CONCURRENCY`). */
const mostGranted = 50;

/**
 * Joins the configured accounts with their providers. Throws one StartError that lists every unknown provider, and every
 * price and switch that its provider does not have.
 */
export function openAccounts(
  resolved: ReadonlyMap<string, ResolvedAccount>,
  config: Config,
  providerNamed: (name: string) => Provider | undefined,
): Accounts {
  const weights = Object.fromEntries(Object.entries(config.tenants).map(([name, { weight }]) => [name, weight]));
  const problems: string[] = [];
  const opened = new Map<string, Account>();
  for (const [name, account] of resolved) {
    const provider = providerNamed(account.provider);
    const found = provider
      ? settingsProblems(provider, readingOf(account))
      : [`there is no provider "${account.provider}"`];
    problems.push(...found.map((problem) => `account "${name}": ${problem}; correct it in the configuration`));
    if (provider) opened.set(name, toAccount(account, provider, weights));
  }
  if (problems.length > 0) throw new StartError(problems.join("\n"));
  return opened;
}

function readingOf({ switches, pricesPerSecond, pricesPerMillionTokens }: ResolvedAccount): Reading {
  return { switches, pricesPerSecond, pricesPerMillionTokens };
}

function toAccount(account: ResolvedAccount, provider: Provider, weights: Record<string, number>): Account {
  const { capabilities } = provider;
  const clock = providerClock(account.timeScale);
  const perMinute = account.limits.requestsPerMinute ?? documented(capabilities.requestsPerMinute);
  const pollsPerMinute = account.limits.queriesPerMinute ?? documented(capabilities.queriesPerMinute ?? null);
  const slots = account.limits.inFlight ?? documented(capabilities.inFlight) ?? slotsWithoutDocumentedLimit;
  const chargesFailures = account.chargesFailures ?? capabilities.chargesFailures.value;
  return {
    name: account.name,
    provider,
    baseUrl: (account.baseUrl ?? capabilities.baseUrl.value).replace(/\/+$/, ""),
    key: account.key,
    ...(account.callbackSecret !== undefined && { callbackSecret: account.callbackSecret }),
    reading: readingOf(account),
    strict: account.strict,
    probe: account.probe,
    sharedKey: account.sharedKey,
    limits: {
      slots,
      ...bucketOf(perMinute, clock),
      ...(account.dailyBudgetUsd !== undefined && { budgetMicroUsd: account.dailyBudgetUsd * 1_000_000 }),
      window: Math.min(slots, mostGranted),
      weights,
    },
    ...(perMinute !== undefined && { requestsPerMinute: perMinute }),
    ...(pollsPerMinute !== undefined && {
      polls: { perMinute: pollsPerMinute, ...bucketOf(pollsPerMinute, clock) },
    }),
    retriesFailures: chargesFailures === false,
    resubmit: { policy: account.onUnknown, capMicroUsd: account.resubmitUsdPerDay * 1_000_000 },
    quietMs: clock.toRealMs(account.quietMs ?? capabilities.quietMs.value),
    clock,
  };
}

/** A tenth of the limit as a burst, the rest spread evenly: no minute, wherever it begins, exceeds the limit. */
function bucketOf(perMinute: number | undefined, clock: ProviderClock): { rate: number; burst: number } {
  if (perMinute === undefined) return { rate: 0, burst: 0 };
  const burst = Math.max(1, Math.floor(perMinute / 10));
  return { rate: clock.toProviderMs(Math.max(perMinute - burst, perMinute / 2)) / 60_000, burst };
}

/**
 * The bucket of polls where the provider counts them apart, else the account's, a quarter of which is reserved for
 * submits.
 */
export function pollBucketOf({ limits: { rate, burst }, polls }: Account): BucketLimits {
  if (polls !== undefined) return { of: "polls", rate: polls.rate, burst: polls.burst, reserve: 0 };
  return { of: "requests", rate, burst, reserve: burst >= 4 ? burst / 4 : 0 };
}

function documented(fact: { value: number; label: Label } | null): number | undefined {
  return fact?.value;
}

/** The class by which run times are learned. */
export function runTimeClassOf({ provider }: Account, request: GenerationRequest): string {
  return [provider.capabilities.name, request.model, request.resolution, request.seconds, modeOf(request)].join("/");
}
