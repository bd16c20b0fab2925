import type { Event } from "@reelqueue/contracts";
import type { Received } from "./receiver.ts";

/** What the simulator, the disk, Redis and the receiver say, and what was asked for. */
export interface Facts {
  asked: number;
  /** Ids of what the API has taken, by marker. */
  accepted: ReadonlyMap<string, string>;
  received: Received;
  bill: Bill;
  /** Status reads that reached the simulator, by provider. */
  polls: Readonly<Record<string, number>>;
  redisCommands: number;
  /** How many have succeeded in the eyes of the API; absent: it did not answer at the end. */
  succeededByApi: number | undefined;
  /** Bytes of each MP4 file on disk. */
  videoBytes: readonly number[];
  seconds: number;
}

/** The simulator's ledger, as far as it is needed. */
export interface Bill {
  charges: number;
  byVendor: Record<string, { charges: number; chargedMicroUsd: number; refundedMicroUsd: number }>;
  byMarker: Record<string, { charges: number; refunds: number }>;
}

/** What a run has come to. */
export interface DemoResult {
  accepted: number;
  succeeded: number;
  /** Ended in any other way. */
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

/** What is not as it must be, one sentence each; none: the run was perfect. */
export function shortcomings(facts: Facts): string[] {
  const result = resultOf(facts);
  const { asked, received, succeededByApi = result.succeeded } = facts;
  const open = asked - result.succeeded - result.failed;
  const said: [boolean, string][] = [
    [result.accepted !== asked, `only ${result.accepted} of ${asked} generations were accepted`],
    [open !== 0, `${open} of ${asked} generations did not announce their end`],
    [result.duplicateCharges > 0, `paid more than once: ${paidTwice(facts).slice(0, 10).join(", ")}`],
    [received.notGenuine > 0, `${received.notGenuine} webhooks were not signed as agreed`],
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
  return said.filter(([is]) => is).map(([, sentence]) => sentence);
}

/** What one provider has come to. */
export interface ProviderResult {
  generations: number;
  succeeded: number;
  charges: number;
  /** What the simulator took and did not give back. */
  chargedUsd: number;
  /** What the generations have cost by our ledger. */
  settledUsd: number;
  pollsPerGeneration: number;
}

/** The same by provider, each with an account of its own name. */
export function providersOf(facts: Facts): [string, ProviderResult][] {
  const ended = endedIn(facts);
  return Object.entries(facts.bill.byVendor).map(([name, { charges, chargedMicroUsd, refundedMicroUsd }]) => {
    const own = ended.filter(({ data }) => data.account === name);
    const settled = own.map(({ data }) => Math.round((data.cost.settledUsd ?? 0) * 1_000_000));
    const result: ProviderResult = {
      generations: own.length,
      succeeded: own.filter(({ data }) => data.state === "succeeded").length,
      charges,
      chargedUsd: (chargedMicroUsd - refundedMicroUsd) / 1_000_000,
      settledUsd: sum(settled) / 1_000_000,
      pollsPerGeneration: own.length === 0 ? 0 : rounded((facts.polls[name] ?? 0) / own.length),
    };
    return [name, result];
  });
}

/** The last word on each accepted generation. */
function endedIn({ accepted, received }: Facts): Event[] {
  const ours = new Set(accepted.values());
  const byGeneration = new Map([...received.events.values()].map((event) => [event.data.id, event]));
  return [...byGeneration.values()].filter(({ data }) => ours.has(data.id));
}

/** Markers with more than one charge that was not given back, or with more charges than attempts. */
function paidTwice(facts: Facts): string[] {
  const attempts = new Map(endedIn(facts).map(({ data }) => [data.id, data.attempt]));
  const most = (marker: string) => attempts.get(facts.accepted.get(marker) ?? "") ?? Number.POSITIVE_INFINITY;
  return Object.entries(facts.bill.byMarker)
    .filter(([marker, { charges, refunds }]) => charges - refunds > 1 || charges > most(marker))
    .map(([marker]) => marker);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
