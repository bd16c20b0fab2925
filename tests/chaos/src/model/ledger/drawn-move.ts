import { moves, type State, states } from "@reelqueue/contracts";
import type { Lane } from "@reelqueue/ledger";
import { laneOf, type Move } from "@reelqueue/ledger/testing";
import fc from "fast-check";
import { generations, hourMs, idOf, tasks } from "./generations.ts";
import type { Ledger } from "./reducer.ts";

const anyTask = fc.constantFrom("", ...tasks);
const steps = states.flatMap((from) => moves[from].map((to): { from: State[]; to: State } => ({ from: [from], to })));

type Expectation = NonNullable<Move["expect"]>;
/** `dispatchSeq` and `token`: true for the right value, false for a wrong one. */
type DrawnFacts = Omit<Expectation, "dispatchSeq" | "token"> & { dispatchSeq?: boolean; token?: boolean };

/** Mostly nothing or true facts, sometimes random ones. */
const expects = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constant({ notCancelRequested: true }) },
  { weight: 1, arbitrary: fc.constantFrom({ dispatchSeq: true }, { token: true }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        dispatchSeq: fc.boolean(),
        lane: fc.constantFrom("granted", "poll"),
        token: fc.boolean(),
        taskId: anyTask,
        callbackTaskId: anyTask,
        attempt: fc.constantFrom(1, 2),
      },
      { requiredKeys: [] },
    ),
  },
);

/** What is drawn of a move; its expectations are often wrong. The rest is filled in from the record at that time. */
export const drawnMove = {
  which: fc.nat(generations.length - 1),
  /** Index of a move that the state allows; undefined: `step` as drawn, which is mostly refused. */
  allowedIndex: fc.option(fc.nat(9), { nil: undefined, freq: 5 }),
  step: fc.constantFrom(...steps),
  /** A new operation, the last one repeated, or an earlier one. */
  token: fc.constantFrom("new", "new", "new", "last", "x", "y"),
  expects,
  /** `queued` by way of the backoff lane. */
  backsOff: fc.boolean(),
  isDue: fc.boolean(),
  dispatch: fc.constantFrom(undefined, true),
  /** Frees the slot in any target state. */
  freeSlot: fc.constantFrom(undefined, undefined, true),
  bindTask: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, ...tasks),
  costMicroUsd: fc.option(fc.constantFrom(0, 60, 300), { nil: undefined }),
  set: fc.constantFrom(undefined, undefined, { attempt: 2 }),
};
type DrawnMove = {
  [Name in keyof typeof drawnMove]: (typeof drawnMove)[Name] extends fc.Arbitrary<infer T> ? T : never;
};

/** The place of a generation in each state; final states have none. */
const placeOf: Partial<Record<State, Lane | "backlog">> = { ...laneOf, queued: "backlog", expired: "watch" };

let operations = 0;

/** Fills in a drawn move from the current record of the reducer. */
export function moveFrom(drawn: DrawnMove, model: Ledger): Move {
  const { which, allowedIndex, step, token, expects, backsOff, isDue, ...same } = drawn;
  const rec = model.recs.get(idOf(which));
  const allowed = rec === undefined || allowedIndex === undefined ? [] : moves[rec.state];
  const to = allowed[(allowedIndex ?? 0) % allowed.length] ?? step.to;
  const from = rec !== undefined && allowed.length > 0 ? [rec.state] : step.from;
  operations += 1;
  const tokens = { new: `op${operations}`, last: rec?.token || "x", x: "x", y: "y" };
  const { dispatchSeq: seqIsRight, token: tokenIsRight, ...facts }: DrawnFacts = expects;
  const expect: Expectation = {
    ...facts,
    ...(seqIsRight !== undefined && { dispatchSeq: (rec?.dispatchSeq ?? 0) + (seqIsRight ? 0 : 1) }),
    ...(tokenIsRight !== undefined && { token: tokenIsRight ? (rec?.token ?? "") : "another" }),
  };
  const lane = to === "queued" && backsOff ? "backoff" : placeOf[to];
  const due = lane === "backlog" ? { lane } : lane && { lane, inMs: isDue ? 0 : hourMs };
  return { ...same, id: idOf(which), from, to, token: tokens[token], expect, due } as Move;
}
