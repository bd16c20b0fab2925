import type { Event } from "@reelqueue/contracts";
import type { Received } from "@reelqueue/testing";
import { expect, test } from "vitest";
import type { Evidence } from "../check/evidence.ts";
import type { Row } from "../feed.ts";
import { type Facts, notProven, providersOf, resultOf } from "./result.ts";

type State = "succeeded" | "failed";

function eventOf(id: string, state: State, attempt = 1): Event {
  return {
    type: `generation.${state}`,
    timestamp: "2026-01-01T00:00:00.000Z",
    data: {
      id,
      state,
      account: "hiapi",
      tenant: "default",
      attempt,
      outputs: [],
      cost: { estimateUsd: 0.3, settledUsd: state === "succeeded" ? 0.3 : null },
    },
  };
}

/** A webhook as the receiver records it. */
function webhook(id: string, event: object, verified = true): Received {
  return { id, headers: {}, body: JSON.stringify(event), verified, status: 200 };
}

function rowOf(marker: string, id?: string): Row {
  const answer = id === undefined ? {} : { answer: "ok" as const, id };
  return { marker, account: "hiapi", input: {}, answer: "open", contradictions: [], tries: 1, repeats: 0, ...answer };
}

/** Three generations, the second retried once, the third failed. */
function perfect(more: Partial<Facts> = {}, evidence: Partial<Evidence> = {}): Facts {
  const rows = [rowOf("m1", "g1"), rowOf("m2", "g2"), rowOf("m3", "g3")];
  const received = [
    webhook("e1", eventOf("g1", "succeeded")),
    webhook("e2", eventOf("g2", "succeeded", 2)),
    webhook("e3", eventOf("g3", "failed")),
  ];
  return {
    evidence: { rows, received, ...evidence } as Evidence,
    findings: [],
    bill: bill({ m1: [1, 0], m2: [2, 1], m3: [1, 1] }),
    polls: { hiapi: 8 },
    redisCommands: 600,
    succeededByApi: 2,
    videoBytes: [1_000, 2_000],
    seconds: 2,
    ...more,
  };
}

/** A perfect run whose receiver also got these. */
const alsoReceived = (...more: Received[]) => perfect({}, { received: [...perfect().evidence.received, ...more] });

/** Of one video, in µUSD. */
const price = 300_000;

function sumsOf(charges: number, refunds: number) {
  return { tasks: charges, charges, refunds, chargedMicroUsd: charges * price, refundedMicroUsd: refunds * price };
}

function bill(rows: Record<string, [charges: number, refunds: number]>): Facts["bill"] {
  const byMarker = Object.fromEntries(
    Object.entries(rows).map(([marker, row]) => [marker, { ...sumsOf(...row), taskIds: [] }]),
  );
  const [charges = 0, refunds = 0] = [0, 1].map((at) =>
    Object.values(rows).reduce((sum, row) => sum + (row[at] ?? 0), 0),
  );
  const hiapi = sumsOf(charges, refunds);
  return { ...hiapi, byVendor: { hiapi }, byMarker, duplicates: [] };
}

test("providersOf: charges, settled cost and polls by provider", () => {
  expect(Object.fromEntries(providersOf(perfect()))).toEqual({
    hiapi: { generations: 3, succeeded: 2, charges: 4, chargedUsd: 0.6, settledUsd: 0.6, pollsPerGeneration: 2.67 },
  });
});

test("notProven: a cent of difference between bill and ledger", () => {
  const facts = perfect();
  facts.bill.byVendor = { hiapi: { ...sumsOf(4, 2), chargedMicroUsd: 1_210_000 } };
  expect(notProven(facts)).toEqual(["hiapi kept $0.61 by the simulator's bill, $0.6 by our ledger"]);
});

test("a perfect run: all numbers, nothing unproven", () => {
  expect(resultOf(perfect())).toEqual({
    accepted: 3,
    succeeded: 2,
    failed: 1,
    outputs: 2,
    outputBytes: 3_000,
    webhooksVerified: 3,
    duplicateWebhooks: 0,
    charges: 4,
    duplicateCharges: 0,
    seconds: 2,
    generationsPerSecond: 1.5,
    pollsPerGeneration: 2.67,
    redisCommandsPerGeneration: 200,
  });
  expect(notProven(perfect())).toEqual([]);
});

test("notProven: two unrefunded charges for one marker are a duplicate charge", () => {
  const facts = perfect({ bill: bill({ m1: [2, 0], m2: [2, 0], m3: [1, 1] }) });
  expect(resultOf(facts).duplicateCharges).toBe(2);
  expect(notProven(facts)).toEqual([
    "paid more than once: m1, m2",
    "hiapi kept $1.2 by the simulator's bill, $0.6 by our ledger",
  ]);
});

test("notProven: more charges than attempts are a duplicate charge, even if all but one are refunded", () => {
  const facts = perfect({ bill: bill({ m1: [1, 0], m2: [3, 2], m3: [1, 1] }) });
  expect(notProven(facts)).toEqual(["paid more than once: m2"]);
});

test("notProven: a generation that was not accepted", () => {
  const rows = [...perfect().evidence.rows, rowOf("m4")];
  expect(notProven(perfect({}, { rows }))).toEqual([
    "only 3 of 4 generations were accepted",
    "1 of 4 generations did not announce their end",
  ]);
});

test("notProven: an invalid signature or a body that is not an event, but not a repeated webhook", () => {
  const forged = alsoReceived(webhook("e4", eventOf("g1", "succeeded"), false));
  const noEvent = alsoReceived(webhook("e4", { type: "else" }));
  for (const facts of [forged, noEvent])
    expect(notProven(facts)).toEqual(["1 webhooks were not signed as agreed, or no events"]);
  const repeated = alsoReceived(...perfect().evidence.received.slice(0, 2));
  expect(notProven(repeated)).toEqual([]);
  expect(resultOf(repeated)).toMatchObject({ webhooksVerified: 3, duplicateWebhooks: 2 });
});

test("resultOf: a second event of a generation is no second success", () => {
  const facts = alsoReceived(webhook("e4", eventOf("g1", "succeeded")));
  expect(resultOf(facts).succeeded).toBe(2);
  expect(notProven(facts)).toEqual(["more events came than generations ended"]);
});

test("notProven: each finding with a broken case", () => {
  const finding = { promise: "I8", what: "one key, one generation", checked: 3, unknown: 0 };
  const findings = [
    { ...finding, broken: ["m1 created 2 generations", "m2 created 2 generations"] },
    { ...finding, broken: [] },
  ];
  expect(notProven(perfect({ findings }))).toEqual([
    "one key, one generation: not so in 2 of 3 cases, first: m1 created 2 generations",
  ]);
});

test("notProven: a success without its file or unknown to the API", () => {
  expect(notProven(perfect({ videoBytes: [1_000] }))).toEqual(["1 videos are on disk for 2 successes"]);
  expect(notProven(perfect({ succeededByApi: 1 }))).toEqual(["1 successes by the API, 2 by the webhooks"]);
});

test("resultOf: a run without accepted generations has all numbers", () => {
  const nothing = perfect({ videoBytes: [], bill: bill({}) }, { rows: [], received: [] });
  expect(resultOf(nothing)).toMatchObject({ accepted: 0, pollsPerGeneration: 0, generationsPerSecond: 0 });
});
