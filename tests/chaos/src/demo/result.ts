import type { DemoResult, ProviderResult } from "@reelqueue/cli/demo";
import { type Event, eventSchema } from "@reelqueue/contracts";
import type { Bill } from "@reelqueue/testing";
import type { Evidence, Finding } from "../check/evidence.ts";
import { idsOf } from "../feed.ts";

/** The evidence of a run with its findings, and the measurements by the simulator, the disk, Redis and the API. */
export interface Facts {
  evidence: Evidence;
  findings: readonly Finding[];
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

export function resultOf(facts: Facts): DemoResult {
  const { evidence, seconds } = facts;
  const [verified, ended] = [verifiedEvents(evidence), endedIn(evidence)];
  const webhooks = new Set(verified.map(({ id }) => id)).size;
  const accepted = idsOf(evidence.rows).length;
  const succeeded = ended.filter(({ data }) => data.state === "succeeded").length;
  const each = (total: number) => (accepted === 0 ? 0 : rounded(total / accepted));
  return {
    accepted,
    succeeded,
    failed: ended.length - succeeded,
    outputs: facts.videoBytes.length,
    outputBytes: sum(facts.videoBytes),
    webhooksVerified: webhooks,
    duplicateWebhooks: verified.length - webhooks,
    charges: facts.bill.charges,
    duplicateCharges: paidTwice(facts).length,
    seconds: rounded(seconds),
    generationsPerSecond: rounded(seconds === 0 ? 0 : ended.length / seconds),
    pollsPerGeneration: each(sum(Object.values(facts.polls))),
    redisCommandsPerGeneration: each(facts.redisCommands),
  };
}

/** Every broken promise of a run in one sentence: by the findings, and by what only the demo measures. */
export function notProven(facts: Facts): string[] {
  const { evidence, findings, succeededByApi } = facts;
  const result = resultOf(facts);
  const asked = evidence.rows.length;
  const ended = result.succeeded + result.failed;
  const noEvents = evidence.received.length - verifiedEvents(evidence).length;
  const checks: [boolean, string][] = [
    ...findings.map(({ what, checked, broken }): [boolean, string] => [
      broken.length > 0,
      `${what}: not so in ${broken.length} of ${checked} cases, first: ${broken[0]}`,
    ]),
    [result.accepted !== asked, `only ${result.accepted} of ${asked} generations were accepted`],
    [ended !== asked, `${asked - ended} of ${asked} generations did not announce their end`],
    [result.duplicateCharges > 0, `paid more than once: ${paidTwice(facts).slice(0, 10).join(", ")}`],
    [noEvents > 0, `${noEvents} webhooks were not signed as agreed, or no events`],
    [result.webhooksVerified > ended, "more events came than generations ended"],
    [
      ended === asked && succeededByApi !== undefined && succeededByApi !== result.succeeded,
      `${succeededByApi} successes by the API, ${result.succeeded} by the webhooks`,
    ],
    ...providersOf(facts).map(([name, { chargedUsd, settledUsd }]): [boolean, string] => [
      ended === asked && Math.abs(chargedUsd - settledUsd) >= 0.005,
      `${name} kept $${chargedUsd} by the simulator's bill, $${settledUsd} by our ledger`,
    ]),
    [result.outputs < result.succeeded, `${result.outputs} videos are on disk for ${result.succeeded} successes`],
  ];
  return checks.filter(([broken]) => broken).map(([, sentence]) => sentence);
}

/** The outcome by provider; each account has the name of its provider. */
export function providersOf({ evidence, bill, polls }: Facts): [string, ProviderResult][] {
  const ended = endedIn(evidence);
  return Object.entries(bill.byVendor).map(([name, { charges, chargedMicroUsd, refundedMicroUsd }]) => {
    const group = ended.filter(({ data }) => data.account === name);
    const settled = group.map(({ data }) => Math.round((data.cost.settledUsd ?? 0) * 1_000_000));
    const result: ProviderResult = {
      generations: group.length,
      succeeded: group.filter(({ data }) => data.state === "succeeded").length,
      charges,
      chargedUsd: (chargedMicroUsd - refundedMicroUsd) / 1_000_000,
      settledUsd: sum(settled) / 1_000_000,
      pollsPerGeneration: group.length === 0 ? 0 : rounded((polls[name] ?? 0) / group.length),
    };
    return [name, result];
  });
}

/** The events with a valid signature, with their webhook id; a repetition comes again. */
function verifiedEvents({ received }: Evidence): { id: string; event: Event }[] {
  return received.flatMap(({ id, body, verified }) => {
    const event = verified ? eventSchema.safeParse(JSON.parse(body)).data : undefined;
    return event === undefined ? [] : [{ id, event }];
  });
}

/** The last event of each accepted generation. */
function endedIn(evidence: Evidence): Event[] {
  const ids = new Set(idsOf(evidence.rows));
  const byGeneration = new Map(verifiedEvents(evidence).map(({ event }) => [event.data.id, event]));
  return [...byGeneration.values()].filter(({ data }) => ids.has(data.id));
}

/** Markers with more than one unrefunded charge, or with more charges than attempts. */
function paidTwice({ evidence, bill }: Facts): string[] {
  const attempts = new Map(endedIn(evidence).map(({ data }) => [data.id, data.attempt]));
  const attemptsOf = new Map(evidence.rows.map(({ marker, id = "" }) => [marker, attempts.get(id)]));
  return Object.entries(bill.byMarker)
    .filter(([marker, { charges, refunds }]) => charges - refunds > 1 || charges > (attemptsOf.get(marker) ?? charges))
    .map(([marker]) => marker);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const rounded = (value: number): number => Math.round(value * 100) / 100;
