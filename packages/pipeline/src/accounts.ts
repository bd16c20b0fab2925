import { type Config, type GenerationRequest, type Label, modeOf } from "@reelqueue/contracts";
import type { AdmitLimits } from "@reelqueue/ledger";
import type { Provider, Reading } from "@reelqueue/providers";
import { type ResolvedAccount, type Secret, StartError } from "@reelqueue/runtime";

/** One API key at one provider, with everything the stages need to know of it. */
export interface Account {
  name: string;
  provider: Provider;
  baseUrl: string;
  key: Secret;
  callbackSecret?: Secret;
  reading: Reading;
  strict: boolean;
  /** Others make tasks with its key too. */
  sharedKey: boolean;
  /** Media files are looked at before a request is taken. */
  probe: boolean;
  limits: Omit<AdmitLimits, "leaseMs">;
  /** Requests per minute as the provider counts them: of every kind, or only submits where looks have a limit of their own; absent: no limit known. */
  requestsPerMinute?: number;
  /** Where looks are counted apart from submits: how many in a minute, and their bucket. */
  polls?: { perMinute: number; rate: number; burst: number };
  /** Known not to charge tasks that fail, so a new attempt costs nothing twice. */
  retriesFailures: boolean;
  /** What becomes of POSTs of unknown fate, and how much may be risked in a day. */
  resubmit: { policy: "review" | "resubmit"; capMicroUsd: number };
  /** The quiet window of a POST of unknown fate, in real ms. */
  quietMs: number;
  /** How many times faster than real time the provider lives. */
  timeScale: number;
}

export type Accounts = ReadonlyMap<string, Account>;

/** Where the provider names no limit of its own; a bound of ours so that one account cannot fill BullMQ. */
const slotsWithoutLimit = 1_000;

/** Joins the configured accounts with their providers; a provider nobody knows is a StartError. */
export function openAccounts(
  resolved: ReadonlyMap<string, ResolvedAccount>,
  config: Config,
  providerNamed: (name: string) => Provider | undefined,
): Accounts {
  const weights = Object.fromEntries(Object.entries(config.tenants).map(([name, { weight }]) => [name, weight]));
  const open = (account: ResolvedAccount): Account => {
    const provider = providerNamed(account.provider);
    if (!provider)
      throw new StartError(
        `account "${account.name}": there is no provider "${account.provider}"; correct it in the configuration`,
      );
    return toAccount(account, provider, weights);
  };
  return new Map([...resolved].map(([name, account]) => [name, open(account)]));
}

function toAccount(account: ResolvedAccount, provider: Provider, weights: Record<string, number>): Account {
  const { capabilities } = provider;
  const perMinute = account.limits.requestsPerMinute ?? stated(capabilities.requestsPerMinute);
  const looksPerMinute = account.limits.queriesPerMinute ?? stated(capabilities.queriesPerMinute ?? null);
  const slots = account.limits.inFlight ?? stated(capabilities.inFlight) ?? slotsWithoutLimit;
  const chargesFailures = account.chargesFailures ?? capabilities.chargesFailures.value;
  return {
    name: account.name,
    provider,
    baseUrl: (account.baseUrl ?? capabilities.baseUrl.value).replace(/\/+$/, ""),
    key: account.key,
    ...(account.callbackSecret !== undefined && { callbackSecret: account.callbackSecret }),
    reading: {
      switches: account.switches,
      pricesPerSecond: account.pricesPerSecond,
      pricesPerMillionTokens: account.pricesPerMillionTokens,
    },
    strict: account.strict,
    probe: account.probe,
    sharedKey: account.sharedKey,
    limits: {
      slots,
      ...bucketOf(perMinute, account.timeScale),
      ...(account.dailyBudgetUsd !== undefined && { budgetMicroUsd: account.dailyBudgetUsd * 1_000_000 }),
      window: Math.min(slots, 200),
      weights,
    },
    ...(perMinute !== undefined && { requestsPerMinute: perMinute }),
    ...(looksPerMinute !== undefined && {
      polls: { perMinute: looksPerMinute, ...bucketOf(looksPerMinute, account.timeScale) },
    }),
    retriesFailures: chargesFailures === false,
    resubmit: { policy: account.onUnknown, capMicroUsd: account.resubmitUsdPerDay * 1_000_000 },
    quietMs: (account.quietMs ?? capabilities.quietMs.value) / account.timeScale,
    timeScale: account.timeScale,
  };
}

/** Whether the provider will call us: it can, and our address is one that it takes (a simulator on plain http calls plain http). */
export function callsBack({ provider, baseUrl, callbackSecret }: Account, publicUrl: string | undefined): boolean {
  const offered = provider.capabilities.callback;
  if (publicUrl === undefined || offered === null) return false;
  if (offered.value.needsSecret && callbackSecret === undefined) return false;
  return !offered.value.httpsOnly || publicUrl.startsWith("https:") || baseUrl.startsWith("http:");
}

/** A tenth may come at once and the rest evenly, so that no minute, wherever it begins, sees more than the limit. */
function bucketOf(perMinute: number | undefined, timeScale: number): { rate: number; burst: number } {
  if (perMinute === undefined) return { rate: 0, burst: 0 };
  const burst = Math.max(1, Math.floor(perMinute / 10));
  return { rate: (Math.max(perMinute - burst, perMinute / 2) * timeScale) / 60_000, burst };
}

function stated(fact: { value: number; label: Label } | null): number | undefined {
  return fact?.value;
}

/** The class of a generation: what run times are learned by. */
export function runTimeClassOf({ provider }: Account, request: GenerationRequest): string {
  return [provider.capabilities.name, request.model, request.resolution, request.seconds, modeOf(request)].join("/");
}
