import { states } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Moved, sendMoveAlone } from "@reelqueue/ledger/testing";
import fc from "fast-check";
import { drawnMove, moveFrom } from "./drawn-move.ts";
import { account, generations, hourMs, idOf, tasks } from "./generations.ts";
import { makeDueNow, move, releaseSlot, requestCancel } from "./moves.ts";
import { accept, admit, claim, type Ledger, promoteDelayed, redispatch } from "./reducer.ts";

/** The answer of the reducer, and of the script in the same format. */
interface Answers {
  expected: unknown;
  script: Promise<unknown>;
}

/**
 * One operation: it is applied to the reducer and to Redis. What is sent depends on the reducer alone, so that scripts
 * can be pipelined.
 */
interface Operation extends fc.WithToStringMethod {
  onBoth(model: Ledger, cell: ledger.Cell): Answers;
}

/** One kind of operation: how often it occurs, what is drawn for it, and what it does. */
function op<Drawn extends object>(
  kind: string,
  weight: number,
  draw: { [Name in keyof Drawn]: fc.Arbitrary<Drawn[Name]> },
  onBoth: (drawn: Drawn, model: Ledger, cell: ledger.Cell) => Answers,
) {
  const of = (drawn: Drawn): Operation => ({
    onBoth: (model, cell) => onBoth(drawn, model, cell),
    [fc.toStringMethod]: () => `${kind} ${fc.stringify(drawn)}`,
  });
  return { weight, of, arbitrary: (fc.record(draw) as fc.Arbitrary<Drawn>).map(of) };
}

const which = fc.nat(generations.length - 1);
const cost = fc.option(fc.constantFrom(0, 60, 300), { nil: undefined });
const weights = { a: 1, b: 2 };
const leases = { limit: 100, leaseMs: hourMs };
const liveLanes = ["backoff", "preparing", "submitting", "unknown", "review", "poll", "finalize"] as const;

const row = fc.record({ which, hash: fc.constantFrom("h", "h", "h", "other") });

const accepting = op(
  "accept",
  3,
  { rows: fc.array(row, { minLength: 1, maxLength: 4 }), atomic: fc.boolean() },
  ({ rows: drawn, atomic }, model, cell) => {
    const rows = drawn.map(({ which, hash }) => ({ id: idOf(which), hash, ...(generations[which] ?? generations[0]) }));
    const full = rows.map(({ hash, estimate, ...row }) => {
      return { ...row, requestHash: hash, estimateMicroUsd: estimate, account, request: "{}", runTimeClass: "c" };
    });
    return { expected: accept(model, rows, atomic), script: ledger.accept(cell, full, { atomic }) };
  },
);

const operations = [
  accepting,
  op(
    "admit",
    7,
    {
      slots: fc.integer({ min: 0, max: 6 }),
      window: fc.integer({ min: 0, max: 4 }),
      budget: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
    },
    ({ budget, ...drawn }, model, cell) => {
      const limits = { ...drawn, weights, rate: 0, burst: 0, leaseMs: hourMs };
      const budgeted = budget === undefined ? limits : { ...limits, budgetMicroUsd: budget };
      const script = ledger.admit(cell, account, budgeted);
      return {
        expected: admit(model, { ...limits, budget }),
        script: script.then(({ grants, reason }) => ({ grants: grants.map(jobInWords), reason })),
      };
    },
  ),
  op("move", 20, drawnMove, (drawn, model, cell) => {
    const step = moveFrom(drawn, model);
    return { expected: move(model, step), script: sendMoveAlone(cell, step).then(inWords) };
  }),
  op("claim", 2, { lane: fc.constantFrom(...liveLanes) }, ({ lane }, model, cell) => {
    const script = ledger.claim(cell, lane, account, { fields: [], ...leases });
    return { expected: claim(model, lane), script: script.then(({ items }) => items.map(({ id }) => id).sort()) };
  }),
  op("redispatch", 2, { lane: fc.constantFrom("granted", "finalize") }, ({ lane }, model, cell) => {
    const script = ledger.redispatch(cell, lane, account, leases);
    return { expected: redispatch(model, lane), script: script.then((jobs) => jobs.map(jobInWords).sort()) };
  }),
  op("promote", 1, {}, (_, model, cell) => {
    const script = ledger.promoteDelayed(cell, account, 100);
    return { expected: promoteDelayed(model), script: script.then(({ count }) => count) };
  }),
  op("request-cancel", 1, { which, from: fc.subarray([...states]) }, ({ which, from }, model, cell) => {
    const script = ledger.requestCancel(cell, idOf(which), from);
    return {
      expected: requestCancel(model, idOf(which), from),
      script: script.then((answer) => (answer.kind === "missing" ? answer.kind : `${answer.kind} ${answer.state}`)),
    };
  }),
  op(
    "release",
    1,
    { which, state: fc.constantFrom("expired", "needs_review"), unwatch: fc.boolean(), cost },
    ({ which, ...release }, model, cell) => {
      const { state, unwatch, cost } = release;
      const options = { unwatch, ...(cost !== undefined && { costMicroUsd: cost }) };
      return {
        expected: releaseSlot(model, idOf(which), release),
        script: ledger.releaseSlot(cell, idOf(which), state, options),
      };
    },
  ),
  op(
    "make-due",
    2,
    {
      which,
      lanes: fc.subarray([...liveLanes]),
      task: fc.constantFrom("", "", "", "", "", ...tasks),
      attempt: fc.constantFrom("1", "2"),
    },
    ({ which, ...callback }, model, cell) => {
      const { lanes, task, attempt } = callback;
      const heard = { taskId: task, attempt, account, gapMs: 0, lookUpInMs: 0 };
      const script = ledger.makeDueNow(cell, idOf(which), lanes, heard);
      return {
        expected: makeDueNow(model, idOf(which), callback),
        script: script.then(({ state, woken }) => `${state} ${woken}`),
      };
    },
  ),
] as const;

const acceptAll = accepting.of({ rows: generations.map((_, which) => ({ which, hash: "h" })), atomic: false });

/** Half of the sequences begin with all generations accepted. */
export const sequence = fc
  .record({
    preloaded: fc.boolean(),
    after: fc.array(fc.oneof(...operations), { minLength: 5, maxLength: 40, size: "max" }),
  })
  .map(({ preloaded, after }) => (preloaded ? [acceptAll, ...after] : after));

/** One operation of each kind. */
export const once = operations.flatMap(({ arbitrary }) => fc.sample(arbitrary, 1));

const jobInWords = ({ generation, dispatchSeq }: { generation: string; dispatchSeq: number }): string =>
  `${generation} ${dispatchSeq}`;

function inWords(moved: Moved): string {
  switch (moved.kind) {
    case "moved":
    case "already":
      return `${moved.kind} ${moved.dispatchSeq}`;
    case "taken":
      return `taken ${moved.by}`;
    case "missing":
      return "missing";
    default:
      return `${moved.kind} ${moved.state}`;
  }
}
