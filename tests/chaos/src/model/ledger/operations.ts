import { moves, type State, states } from "@reelqueue/contracts";
import type { Lane } from "@reelqueue/ledger";
import fc from "fast-check";

export const account = "acc";
/** The generations of a sequence; what they are does not change. */
export const wishes = [
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

/** One thing that somebody does to the ledger. What it believes is drawn too, and is often wrong. */
export type Operation =
  | { kind: "accept"; rows: { which: number; hash: string }[]; atomic: boolean }
  | { kind: "admit"; slots: number; window: number; budget: number | undefined }
  | { kind: "move"; wish: MoveWish }
  | { kind: "claim" | "reissue"; lane: Lane }
  | { kind: "ripen" }
  | { kind: "wish"; which: number; states: State[] }
  | { kind: "release"; which: number; state: "expired" | "needs_review"; unwatch: boolean; cost: number | undefined }
  | { kind: "nudge"; which: number; lanes: Lane[]; task: string; attempt: string };

export interface MoveWish {
  which: number;
  /** Which of the moves that its state allows; undefined: whatever `from` and `to` say, which is mostly refused. */
  apt: number | undefined;
  from: State[];
  to: State;
  /** A new operation, the last one again, or another that was there before. */
  token: "new" | "last" | "x" | "y";
  believes: { n?: boolean; lane?: Lane; token?: boolean; task?: string; hint?: string; attempt?: string; calm?: true };
  /** A queued one waits out a backoff first. */
  backsOff: boolean;
  due: boolean;
  handover: boolean;
  /** Its slot becomes free whatever it moves to. */
  free: boolean;
  task: string;
  cost: number | undefined;
  attempt: string;
}

const which = fc.nat(wishes.length - 1);
const money = fc.option(fc.constantFrom(0, 60, 300), { nil: undefined });
const attempt = fc.constantFrom("1", "2");
const task = fc.constantFrom("", "", "", "", "", ...tasks);
const liveLanes = ["backoff", "preparing", "submitting", "unknown", "review", "poll", "finalize"] as const;
const steps = states.flatMap((from) => moves[from].map((to) => ({ from: [from], to })));

/** Mostly nothing or what is true, now and then anything. */
const believes: fc.Arbitrary<MoveWish["believes"]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constant({ calm: true as const }) },
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

const moveWish: fc.Arbitrary<MoveWish> = fc
  .record({
    which,
    apt: fc.option(fc.nat(9), { nil: undefined, freq: 5 }),
    step: fc.constantFrom<{ from: State[]; to: State }[]>(...steps),
    token: fc.constantFrom<MoveWish["token"][]>("new", "new", "new", "last", "x", "y"),
    believes,
    backsOff: fc.boolean(),
    due: fc.boolean(),
    handover: fc.boolean(),
    free: fc.constantFrom(false, false, true),
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
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("move" as const), wish: moveWish }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("claim" as const), lane: fc.constantFrom<Lane[]>(...liveLanes) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("reissue" as const),
      lane: fc.constantFrom<Lane[]>("granted", "finalize"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ripen" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wish" as const), which, states: fc.subarray<State>([...states]) }),
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
      kind: fc.constant("nudge" as const),
      which,
      lanes: fc.subarray<Lane>([...liveLanes]),
      task,
      attempt,
    }),
  },
);

const everybody: Operation[] = [
  { kind: "accept", rows: wishes.map((_, i) => ({ which: i, hash: "h" })), atomic: false },
];

/** Most begin with everything accepted; some with nothing. */
export const sequence: fc.Arbitrary<Operation[]> = fc
  .record({
    begun: fc.boolean(),
    after: fc.array(operation, { minLength: 5, maxLength: 40, size: "max" }),
  })
  .map(({ begun, after }) => [...(begun ? everybody : []), ...after]);

/** One of each kind. */
export const once: readonly Operation[] = [
  ...everybody,
  { kind: "admit", slots: 0, window: 0, budget: undefined },
  {
    kind: "move",
    wish: {
      ...{
        which: 0,
        apt: undefined,
        from: ["finalizing"],
        to: "succeeded",
        token: "new",
        believes: {},
        backsOff: false,
      },
      ...{ due: false, handover: false, free: false, task: "", cost: undefined, attempt: "" },
    },
  },
  { kind: "claim", lane: "poll" },
  { kind: "reissue", lane: "granted" },
  { kind: "ripen" },
  { kind: "wish", which: 0, states: [] },
  { kind: "release", which: 0, state: "expired", unwatch: false, cost: undefined },
  { kind: "nudge", which: 0, lanes: [], task: "", attempt: "" },
];
