import { moves, type State, states } from "@reelqueue/contracts";
import type { Lane } from "@reelqueue/ledger";
import fc from "fast-check";

export const account = "acc";
/** The generations of every sequence. */
export const generations = [
  { tenant: "a", priority: 0, estimate: 100 },
  { tenant: "a", priority: 0, estimate: 250 },
  { tenant: "a", priority: 0, estimate: 0 },
  { tenant: "b", priority: 0, estimate: 100 },
  { tenant: "b", priority: 0, estimate: 100 },
  { tenant: "c", priority: 0, estimate: 50 },
  { tenant: "b", priority: 5, estimate: 0 },
  { tenant: "c", priority: 5, estimate: 400 },
] as const;
export const idOf = (which: number): string => `gen_${which}`;
export const tasks = ["task-0", "task-1", "task-2"] as const;

/** One operation on the ledger. Its expectations are drawn too, and are often wrong. */
export type Operation =
  | { kind: "accept"; rows: { which: number; hash: string }[]; atomic: boolean }
  | { kind: "admit"; slots: number; window: number; budget: number | undefined }
  | { kind: "move"; move: DrawnMove }
  | { kind: "claim"; lane: Lane }
  | { kind: "redispatch"; lane: "granted" | "finalize" }
  | { kind: "promote" }
  | { kind: "request-cancel"; which: number; states: State[] }
  | { kind: "release"; which: number; state: "expired" | "needs_review"; unwatch: boolean; cost: number | undefined }
  | { kind: "make-due"; which: number; lanes: Lane[]; task: string; attempt: string };

/** A drawn move; the rest is filled in from the record at that time. */
export interface DrawnMove {
  which: number;
  /** Index of a move that the state allows; undefined: `from` and `to` as drawn, which is mostly refused. */
  allowedIndex: number | undefined;
  from: State[];
  to: State;
  /** A new operation, the last one repeated, or an earlier one. */
  token: "new" | "last" | "x" | "y";
  /** Expected fields; `n` and `token`: true for the right value, false for a wrong one. */
  expects: {
    n?: boolean;
    lane?: Lane;
    token?: boolean;
    task?: string;
    hint?: string;
    attempt?: string;
    notCancelRequested?: true;
  };
  /** `queued` by way of the backoff lane. */
  backsOff: boolean;
  due: boolean;
  dispatch: boolean;
  /** Frees the slot in any target state. */
  freeSlot: boolean;
  task: string;
  cost: number | undefined;
  attempt: string;
}

const which = fc.nat(generations.length - 1);
const money = fc.option(fc.constantFrom(0, 60, 300), { nil: undefined });
const attempt = fc.constantFrom("1", "2");
const task = fc.constantFrom("", "", "", "", "", ...tasks);
const liveLanes = ["backoff", "preparing", "submitting", "unknown", "review", "poll", "finalize"] as const;
const steps = states.flatMap((from) => moves[from].map((to) => ({ from: [from], to })));

/** Mostly nothing or true facts, sometimes random ones. */
const expects: fc.Arbitrary<DrawnMove["expects"]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constant({ notCancelRequested: true as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ n: true }, { token: true }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        n: fc.boolean(),
        lane: fc.constantFrom<Lane[]>("granted", "poll"),
        token: fc.boolean(),
        task: fc.constantFrom("", ...tasks),
        hint: fc.constantFrom("", ...tasks),
        attempt,
      },
      { requiredKeys: [] },
    ),
  },
);

const drawnMove: fc.Arbitrary<DrawnMove> = fc
  .record({
    which,
    allowedIndex: fc.option(fc.nat(9), { nil: undefined, freq: 5 }),
    step: fc.constantFrom<{ from: State[]; to: State }[]>(...steps),
    token: fc.constantFrom<DrawnMove["token"][]>("new", "new", "new", "last", "x", "y"),
    expects,
    backsOff: fc.boolean(),
    due: fc.boolean(),
    dispatch: fc.boolean(),
    freeSlot: fc.constantFrom(false, false, true),
    task,
    cost: money,
    attempt: fc.constantFrom("", "", "2"),
  })
  .map(({ step, ...rest }) => ({ ...rest, ...step }));

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("accept" as const),
      rows: fc.array(fc.record({ which, hash: fc.constantFrom("h", "h", "h", "other") }), {
        minLength: 1,
        maxLength: 4,
      }),
      atomic: fc.boolean(),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant("admit" as const),
      slots: fc.integer({ min: 0, max: 6 }),
      window: fc.integer({ min: 0, max: 4 }),
      budget: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
    }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("move" as const), move: drawnMove }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("claim" as const), lane: fc.constantFrom<Lane[]>(...liveLanes) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("redispatch" as const),
      lane: fc.constantFrom("granted" as const, "finalize" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("promote" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("request-cancel" as const),
      which,
      states: fc.subarray<State>([...states]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("release" as const),
      which,
      state: fc.constantFrom("expired" as const, "needs_review" as const),
      unwatch: fc.boolean(),
      cost: money,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("make-due" as const),
      which,
      lanes: fc.subarray<Lane>([...liveLanes]),
      task,
      attempt,
    }),
  },
);

const acceptAll: Operation[] = [
  { kind: "accept", rows: generations.map((_, i) => ({ which: i, hash: "h" })), atomic: false },
];

/** Half of the sequences begin with all generations accepted. */
export const sequence: fc.Arbitrary<Operation[]> = fc
  .record({
    preloaded: fc.boolean(),
    after: fc.array(operation, { minLength: 5, maxLength: 40, size: "max" }),
  })
  .map(({ preloaded, after }) => [...(preloaded ? acceptAll : []), ...after]);

/** One operation of each kind. */
export const once: readonly Operation[] = [
  ...acceptAll,
  { kind: "admit", slots: 0, window: 0, budget: undefined },
  {
    kind: "move",
    move: {
      ...{
        which: 0,
        allowedIndex: undefined,
        from: ["finalizing"],
        to: "succeeded",
        token: "new",
        expects: {},
        backsOff: false,
      },
      ...{ due: false, dispatch: false, freeSlot: false, task: "", cost: undefined, attempt: "" },
    },
  },
  { kind: "claim", lane: "poll" },
  { kind: "redispatch", lane: "granted" },
  { kind: "promote" },
  { kind: "request-cancel", which: 0, states: [] },
  { kind: "release", which: 0, state: "expired", unwatch: false, cost: undefined },
  { kind: "make-due", which: 0, lanes: [], task: "", attempt: "" },
];
