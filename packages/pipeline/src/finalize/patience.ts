import type { GenerationRecord } from "@reelqueue/ledger";
import type { Capabilities } from "@reelqueue/providers";
import type { ProviderClock } from "../accounts.ts";

/** Waits between two downloads, in the provider's ms: doubled with every one. */
const shortestMs = 1_000;
const longestMs = 600_000;

/** Real ms until the next download after `tries` of them, ±20 %. */
export function waitMs(tries: number, clock: ProviderClock, random: () => number): number {
  const wait = Math.min(longestMs, shortestMs * 2 ** Math.min(30, Math.max(0, tries - 1)));
  return clock.toRealMs(wait * (0.8 + 0.4 * random()));
}

type Finished = Pick<GenerationRecord, "finishedAtMs" | "remoteOutputs" | "stateChangedAtMs" | "createdAtMs">;

/** What is needed of an account. */
interface Keeper {
  clock: ProviderClock;
  provider: { capabilities: Pick<Capabilities, "resultsForMs"> };
}

/**
 * Until when the outputs of a finished task may still be had: the stated life of its first URLs, and at least as long as
 * its provider keeps results.
 */
export function lifeEndsAtMs(record: Finished, { clock, provider }: Keeper): number {
  const { remoteOutputs, stateChangedAtMs, createdAtMs } = record;
  // records of older versions do not say when the task ended, nor do those whose task was no longer known
  const endedAtMs = record.finishedAtMs ?? (remoteOutputs === undefined ? createdAtMs : stateChangedAtMs);
  const stated = (remoteOutputs ?? []).map(({ life }) => {
    if (life === undefined) return endedAtMs;
    return "untilMs" in life ? life.untilMs : endedAtMs + clock.toRealMs(life.lastsMs);
  });
  return Math.max(endedAtMs + clock.toRealMs(provider.capabilities.resultsForMs.value), ...stated);
}
