import { type JobRef, states } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { sendMoveAlone } from "@reelqueue/ledger/testing";
import fc from "fast-check";
import { drawnMove, moveFrom } from "./drawn-move.ts";
import { account, generations, hourMs, idOf, tasks } from "./generations.ts";
import { makeDueNow, move, releaseSlot, requestCancel, setGate } from "./moves.ts";
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

/** As the ledger does it, but for the pipelines: they would overtake the scripts. */
const gates: Record<Parameters<typeof setGate>[1], (cell: ledger.Cell) => Promise<unknown>> = {
  pause: ({ redis, keys }) => redis.hset(keys.account(account), "paused", "by hand"),
  throttle: (cell) => ledger.throttle(cell, account, hourMs),
  resume: ({ redis, keys }) => redis.hdel(keys.account(account), "paused", "until", "looksUntil"),
};

const gate = (change: keyof typeof gates, weight: number) =>
  op(change, weight, {}, (_, model, cell) => ({
    expected: setGate(model, change),
    script: gates[change](cell).then(() => undefined),
  }));

const row = fc.record({ which, hash: fc.constantFrom("h", "h", "h", "other") });

const accepting = op(
  "accept",
  3,
  { rows: fc.array(row, { minLength: 1, maxLength: 4 }), atomic: fc.boolean() },
  ({ rows: drawn, atomic }, model, cell) => {
    const rows = drawn.map(({ which, hash: requestHash }) => {
      const row = generations[which] ?? generations[0];
      return { ...row, id: idOf(which), requestHash, account, request: "{}", runTimeClass: "c" };
    });
    return { expected: accept(model, rows, atomic), script: ledger.accept(cell, rows, { atomic }) };
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
      const budgeted = budget !== undefined && { budgetMicroUsd: budget };
      const limits = { ...drawn, ...budgeted, weights, rate: 0, burst: 0, leaseMs: hourMs };
      const script = ledger.admit(cell, account, limits);
      return { expected: admit(model, limits), script: script.then(({ grants, reason }) => ({ grants, reason })) };
    },
  ),
  op("move", 20, drawnMove, (drawn, model, cell) => {
    const step = moveFrom(drawn, model);
    return { expected: move(model, step), script: sendMoveAlone(cell, step) };
  }),
  op("claim", 2, { lane: fc.constantFrom(...liveLanes) }, ({ lane }, model, cell) => {
    const script = ledger.claim(cell, lane, account, { fields: [], ...leases });
    return { expected: claim(model, lane), script: script.then(({ items }) => items.map(({ id }) => id).sort()) };
  }),
  op("redispatch", 2, { lane: fc.constantFrom("granted", "finalize") }, ({ lane }, model, cell) => {
    const script = ledger.redispatch(cell, lane, account, leases);
    return { expected: redispatch(model, lane), script: script.then((jobs) => jobs.sort(byGeneration)) };
  }),
  op("promote", 1, {}, (_, model, cell) => {
    const script = ledger.promoteDelayed(cell, account, 100);
    return { expected: promoteDelayed(model), script: script.then(({ count }) => count) };
  }),
  gate("pause", 1),
  gate("throttle", 1),
  // as often as both ways to close together, so that half of the time the account takes submits
  gate("resume", 2),
  op("request-cancel", 1, { which, from: fc.subarray([...states]) }, ({ which, from }, model, cell) => {
    const id = idOf(which);
    return { expected: requestCancel(model, id, from), script: ledger.requestCancel(cell, id, from) };
  }),
  op(
    "release",
    1,
    { which, state: fc.constantFrom("expired", "needs_review"), unwatch: fc.boolean(), cost },
    ({ which, state, unwatch, cost }, model, cell) => {
      const [id, options] = [idOf(which), { unwatch, ...(cost !== undefined && { costMicroUsd: cost }) }];
      return {
        expected: releaseSlot(model, id, state, options),
        script: ledger.releaseSlot(cell, id, state, options),
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
    ({ which, lanes, task, attempt }, model, cell) => {
      const [id, hint] = [idOf(which), { taskId: task, attempt, account }];
      const script = ledger.makeDueNow(cell, id, lanes, { ...hint, gapMs: 0, lookUpInMs: 0 });
      return { expected: makeDueNow(model, id, lanes, hint), script };
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

const byGeneration = (a: JobRef, b: JobRef): number => (a.generation < b.generation ? -1 : 1);
