import type { Event } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { type Facts, providersOf, resultOf, shortcomings } from "./result.ts";

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

/** Three generations, the second retried once, the third failed. */
function perfect(more: Partial<Facts> = {}): Facts {
  return {
    asked: 3,
    accepted: new Map([
      ["m1", "g1"],
      ["m2", "g2"],
      ["m3", "g3"],
    ]),
    received: {
      events: new Map([
        ["e1", eventOf("g1", "succeeded")],
        ["e2", eventOf("g2", "succeeded", 2)],
        ["e3", eventOf("g3", "failed")],
      ]),
      duplicates: 0,
      invalid: 0,
    },
    bill: bill({ m1: [1, 0], m2: [2, 1], m3: [1, 1] }),
    polls: { hiapi: 8 },
    redisCommands: 600,
    succeededByApi: 2,
    videoBytes: [1_000, 2_000],
    seconds: 2,
    ...more,
  };
}

/** Of one video, in µUSD. */
const price = 300_000;

function bill(rows: Record<string, [charges: number, refunds: number]>): Facts["bill"] {
  const byMarker = Object.fromEntries(
    Object.entries(rows).map(([marker, [charges, refunds]]) => [marker, { charges, refunds }]),
  );
  const [charges, refunds] = [0, 1].map((at) => Object.values(rows).reduce((sum, row) => sum + (row[at] ?? 0), 0));
  const hiapi = {
    charges: charges ?? 0,
    chargedMicroUsd: (charges ?? 0) * price,
    refundedMicroUsd: (refunds ?? 0) * price,
  };
  return { charges: hiapi.charges, byVendor: { hiapi }, byMarker };
}

test("providersOf: charges, settled cost and polls by provider", () => {
  expect(Object.fromEntries(providersOf(perfect()))).toEqual({
    hiapi: { generations: 3, succeeded: 2, charges: 4, chargedUsd: 0.6, settledUsd: 0.6, pollsPerGeneration: 2.67 },
  });
});

test("shortcomings: a cent of difference between bill and ledger", () => {
  const facts = perfect();
  facts.bill.byVendor = { hiapi: { charges: 4, chargedMicroUsd: 1_210_000, refundedMicroUsd: 600_000 } };
  expect(shortcomings(facts)).toEqual(["hiapi kept $0.61 by the simulator's bill, $0.6 by our ledger"]);
});

const received = (more: Partial<Facts["received"]>) => ({ received: { ...perfect().received, ...more } });

test("a perfect run: all numbers, no shortcomings", () => {
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
  expect(shortcomings(perfect())).toEqual([]);
});

test("shortcomings: two unrefunded charges for one marker are a duplicate charge", () => {
  const facts = perfect({ bill: bill({ m1: [2, 0], m2: [2, 0], m3: [1, 1] }) });
  expect(resultOf(facts).duplicateCharges).toBe(2);
  expect(shortcomings(facts)).toEqual([
    "paid more than once: m1, m2",
    "hiapi kept $1.2 by the simulator's bill, $0.6 by our ledger",
  ]);
});

test("shortcomings: more charges than attempts are a duplicate charge, even if all but one are refunded", () => {
  const facts = perfect({ bill: bill({ m1: [1, 0], m2: [3, 2], m3: [1, 1] }) });
  expect(shortcomings(facts)).toEqual(["paid more than once: m2"]);
});

test("shortcomings: a generation that was not accepted", () => {
  expect(shortcomings(perfect({ asked: 4 }))).toEqual([
    "only 3 of 4 generations were accepted",
    "1 of 4 generations did not announce their end",
  ]);
});

test("shortcomings: an invalid signature, but not a repeated webhook", () => {
  expect(shortcomings(perfect(received({ invalid: 1 })))).toEqual(["1 webhooks were not signed as agreed"]);
  expect(shortcomings(perfect(received({ duplicates: 2 })))).toEqual([]);
  expect(resultOf(perfect(received({ duplicates: 2 }))).duplicateWebhooks).toBe(2);
});

test("resultOf: a second event of a generation is no second success", () => {
  const events = new Map([...perfect().received.events, ["e4", eventOf("g1", "succeeded")] as const]);
  expect(resultOf(perfect(received({ events }))).succeeded).toBe(2);
  expect(shortcomings(perfect(received({ events })))).toEqual(["more events came than generations ended"]);
});

test("shortcomings: a success without its file or unknown to the API", () => {
  expect(shortcomings(perfect({ videoBytes: [1_000] }))).toEqual(["1 videos are on disk for 2 successes"]);
  expect(shortcomings(perfect({ succeededByApi: 1 }))).toEqual(["1 successes by the API, 2 by the webhooks"]);
});

test("resultOf: a run without accepted generations has all numbers", () => {
  const nothing = perfect({ accepted: new Map(), ...received({ events: new Map() }), videoBytes: [], bill: bill({}) });
  expect(resultOf(nothing)).toMatchObject({ accepted: 0, pollsPerGeneration: 0, generationsPerSecond: 0 });
});
