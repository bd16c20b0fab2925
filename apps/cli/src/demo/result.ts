import type { Event } from "@reelqueue/contracts";
import type { Received } from "./receiver.ts";

/** The measurements of a run: by the simulator, the disk, Redis, the receiver and the API. */
export interface Facts {
  /** Generations sent to the API. */
  asked: number;
  /** Ids of the accepted generations by marker. */
  accepted: ReadonlyMap<string, string>;
  received: Received;
  bill: Bill;
  /** GET requests that reached the simulator, by provider. */
  polls: Readonly<Record<string, number>>;
  redisCommands: number;
  /** Succeeded generations by the API; undefined: it did not answer at the end. */
  succeededByApi: number | undefined;
  /** Bytes of each MP4 file on disk. */
  videoBytes: readonly number[];
  seconds: number;
}

/** The needed part of the simulator's bill. */
export interface Bill {
  charges: number;
  byVendor: Record<string, { charges: number; chargedMicroUsd: number; refundedMicroUsd: number }>;
  byMarker: Record<string, { charges: number; refunds: number }>;
}

/** The outcome of a run. */
export interface DemoResult {
  accepted: number;
  succeeded: number;
  /** Ended in any other state. */
  failed: number;
  outputs: number;
  outputBytes: number;
  webhooksVerified: number;
  duplicateWebhooks: number;
  charges: number;
  duplicateCharges: number;
  seconds: number;
  generationsPerSecond: number;
  pollsPerGeneration: number;
  redisCommandsPerGeneration: number;
}

export function resultOf(facts: Facts): DemoResult {
  const { accepted, received, seconds } = facts;
  const ended = endedIn(facts);
  const succeeded = ended.filter(({ data }) => data.state === "succeeded").length;
  const each = (total: number) => (accepted.size === 0 ? 0 : rounded(total / accepted.size));
  return {
    accepted: accepted.size,
    succeeded,
    failed: ended.length - succeeded,
    outputs: facts.videoBytes.length,
    outputBytes: sum(facts.videoBytes),
    webhooksVerified: received.events.size,
    duplicateWebhooks: received.duplicates,
    charges: facts.bill.charges,
    duplicateCharges: paidTwice(facts).length,
    seconds: rounded(seconds),
    generationsPerSecond: rounded(seconds === 0 ? 0 : ended.length / seconds),
    pollsPerGeneration: each(sum(Object.values(facts.polls))),
    redisCommandsPerGeneration: each(facts.redisCommands),
  };
}

/** Every broken promise of a run in one sentence; empty: the run is proven. */
export function shortcomings(facts: Facts): string[] {
  const result = resultOf(facts);
  const { asked, received, succeededByApi = result.succeeded } = facts;
  const open = asked - result.succeeded - result.failed;
  const checks: [boolean, string][] = [
    [result.accepted !== asked, `only ${result.accepted} of ${asked} generations were accepted`],
    [open !== 0, `${open} of ${asked} generations did not announce their end`],
    [result.duplicateCharges > 0, `paid more than once: ${paidTwice(facts).slice(0, 10).join(", ")}`],
    [received.invalid > 0, `${received.invalid} webhooks were not signed as agreed`],
    [received.events.size > endedIn(facts).length, "more events came than generations ended"],
    [
      open === 0 && succeededByApi !== result.succeeded,
      `${succeededByApi} successes by the API, ${result.succeeded} by the webhooks`,
    ],
    ...providersOf(facts).map(([name, { chargedUsd, settledUsd }]): [boolean, string] => [
      open === 0 && Math.abs(chargedUsd - settledUsd) >= 0.005,
      `${name} kept $${chargedUsd} by the simulator's bill, $${settledUsd} by our ledger`,
    ]),
    [result.outputs < result.succeeded, `${result.outputs} videos are on disk for ${result.succeeded} successes`],
  ];
  return checks.filter(([broken]) => broken).map(([, sentence]) => sentence);
}

/** The outcome at one provider. */
export interface ProviderResult {
  generations: number;
  succeeded: number;
  charges: number;
  /** Charges minus refunds by the simulator. */
  chargedUsd: number;
  /** Settled cost by the ledger. */
  settledUsd: number;
  pollsPerGeneration: number;
}

/** The outcome by provider; each account has the name of its provider. */
export function providersOf(facts: Facts): [string, ProviderResult][] {
  const ended = endedIn(facts);
  return Object.entries(facts.bill.byVendor).map(([name, { charges, chargedMicroUsd, refundedMicroUsd }]) => {
    const group = ended.filter(({ data }) => data.account === name);
    const settled = group.map(({ data }) => Math.round((data.cost.settledUsd ?? 0) * 1_000_000));
    const result: ProviderResult = {
      generations: group.length,
      succeeded: group.filter(({ data }) => data.state === "succeeded").length,
      charges,
      chargedUsd: (chargedMicroUsd - refundedMicroUsd) / 1_000_000,
      settledUsd: sum(settled) / 1_000_000,
      pollsPerGeneration: group.length === 0 ? 0 : rounded((facts.polls[name] ?? 0) / group.length),
    };
    return [name, result];
  });
}

/** The last event of each accepted generation. */
function endedIn({ accepted, received }: Facts): Event[] {
  const ids = new Set(accepted.values());
  const byGeneration = new Map([...received.events.values()].map((event) => [event.data.id, event]));
  return [...byGeneration.values()].filter(({ data }) => ids.has(data.id));
}

/** Markers with more than one unrefunded charge, or with more charges than attempts. */
function paidTwice(facts: Facts): string[] {
  const attempts = new Map(endedIn(facts).map(({ data }) => [data.id, data.attempt]));
  const attemptsOf = (marker: string) => attempts.get(facts.accepted.get(marker) ?? "") ?? Number.POSITIVE_INFINITY;
  return Object.entries(facts.bill.byMarker)
    .filter(([marker, { charges, refunds }]) => charges - refunds > 1 || charges > attemptsOf(marker))
    .map(([marker]) => marker);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
