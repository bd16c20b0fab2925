import { moves, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Move, type Moved, sendMoveAlone } from "@reelqueue/ledger/testing";
import { type ExpectedMove, makeDueNow, move, releaseSlot, requestCancel } from "./moves.ts";
import { account, type DrawnMove, generations, idOf, type Operation } from "./operations.ts";
import { accept, admit, claim, type Ledger, promoteDelayed, redispatch } from "./reducer.ts";

const hourMs = 3_600_000;
const weights = { a: 1, b: 2 };

/** The answer of the reducer, and of the script in the same format. */
interface Answers {
  expected: unknown;
  script: Promise<unknown>;
}
type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>;

/**
 * Applies one operation to the reducer and to Redis. What is sent depends on the reducer alone, so that scripts can be
 * pipelined.
 */
export function onBoth(operation: Operation, model: Ledger, cell: ledger.Cell): Answers {
  switch (operation.kind) {
    case "accept":
      return acceptOnBoth(operation, model, cell);
    case "admit":
      return admitOnBoth(operation, model, cell);
    case "move": {
      const step = moveFrom(operation.move, model);
      return { expected: move(model, step), script: sendMoveAlone(cell, toLedgerMove(step)).then(inWords) };
    }
    case "claim":
      return claimOnBoth(operation, model, cell);
    case "redispatch":
      return redispatchOnBoth(operation, model, cell);
    case "promote": {
      const script = ledger.promoteDelayed(cell, account, 100);
      return { expected: promoteDelayed(model), script: script.then(({ count }) => count) };
    }
    case "request-cancel":
      return requestCancelOnBoth(operation, model, cell);
    case "release":
      return releaseOnBoth(operation, model, cell);
    case "make-due":
      return makeDueOnBoth(operation, model, cell);
  }
}

function acceptOnBoth({ rows: drawn, atomic }: OperationOf<"accept">, model: Ledger, cell: ledger.Cell): Answers {
  const rows = drawn.map(({ which, hash }) => ({ id: idOf(which), hash, ...(generations[which] ?? generations[0]) }));
  const full = rows.map(({ hash, estimate, ...row }) => {
    return { ...row, requestHash: hash, estimateMicroUsd: estimate, account, request: "{}", runTimeClass: "c" };
  });
  return { expected: accept(model, rows, atomic), script: ledger.accept(cell, full, { atomic }) };
}

function admitOnBoth({ slots, window, budget }: OperationOf<"admit">, model: Ledger, cell: ledger.Cell): Answers {
  const limits = { slots, window, rate: 0, burst: 0, leaseMs: hourMs, weights };
  const script = ledger.admit(cell, account, { ...limits, ...(budget !== undefined && { budgetMicroUsd: budget }) });
  return {
    expected: admit(model, { slots, window, budget, weights }),
    script: script.then(({ grants, reason }) => ({ grants: grants.map(jobInWords), reason })),
  };
}

function claimOnBoth({ lane }: OperationOf<"claim">, model: Ledger, cell: ledger.Cell): Answers {
  const script = ledger.claim(cell, lane, account, { fields: [], limit: 100, leaseMs: hourMs });
  return { expected: claim(model, lane), script: script.then(({ items }) => items.map(({ id }) => id).sort()) };
}

function redispatchOnBoth({ lane }: OperationOf<"redispatch">, model: Ledger, cell: ledger.Cell): Answers {
  const script = ledger.redispatch(cell, lane, account, { limit: 100, leaseMs: hourMs });
  return { expected: redispatch(model, lane), script: script.then((jobs) => jobs.map(jobInWords).sort()) };
}

function requestCancelOnBoth(
  { which, states }: OperationOf<"request-cancel">,
  model: Ledger,
  cell: ledger.Cell,
): Answers {
  const id = idOf(which);
  const script = ledger.requestCancel(cell, id, states);
  return {
    expected: requestCancel(model, id, states),
    script: script.then((answer) => (answer.kind === "missing" ? answer.kind : `${answer.kind} ${answer.state}`)),
  };
}

function releaseOnBoth({ which, ...release }: OperationOf<"release">, model: Ledger, cell: ledger.Cell): Answers {
  const { state, unwatch, cost } = release;
  const options = { unwatch, ...(cost !== undefined && { costMicroUsd: cost }) };
  return {
    expected: releaseSlot(model, idOf(which), release),
    script: ledger.releaseSlot(cell, idOf(which), state, options),
  };
}

function makeDueOnBoth({ which, ...callback }: OperationOf<"make-due">, model: Ledger, cell: ledger.Cell): Answers {
  const { lanes, task, attempt } = callback;
  const script = ledger.makeDueNow(cell, idOf(which), lanes, { taskId: task, attempt, account });
  return {
    expected: makeDueNow(model, idOf(which), callback),
    script: script.then(({ state, woken, orphaned }) => `${state} ${woken} ${orphaned}`),
  };
}

const jobInWords = ({ generation, dispatchSeq }: { generation: string; dispatchSeq: number }): string =>
  `${generation} ${dispatchSeq}`;

let operations = 0;

/** The lane of a generation in each state; final states have none. */
const laneOf: Partial<Record<State, ledger.Lane>> = {
  preparing: "preparing",
  submitting: "submitting",
  unknown: "unknown",
  needs_review: "review",
  running: "poll",
  finalizing: "finalize",
  expired: "watch",
};

/** Fills in a drawn move from the current record of the reducer. */
function moveFrom({ which, allowedIndex, expects, token, backsOff, ...rest }: DrawnMove, model: Ledger): ExpectedMove {
  const rec = model.recs.get(idOf(which));
  const allowed = rec === undefined || allowedIndex === undefined ? [] : moves[rec.state];
  const to = allowed[(allowedIndex ?? 0) % allowed.length] ?? rest.to;
  const from = rec !== undefined && allowed.length > 0 ? [rec.state] : rest.from;
  operations += 1;
  const name = token === "new" ? `op${operations}` : token === "last" ? (rec?.token ?? "x") : token;
  const { n, token: right, notCancelRequested, ...facts } = expects;
  const expect: ExpectedMove["expect"] = {
    ...facts,
    ...(n !== undefined && { n: String((rec?.n ?? 0) + (n ? 0 : 1)) }),
    ...(right !== undefined && { token: right ? (rec?.token ?? "") : "another" }),
    ...(notCancelRequested && { notCancelRequested }),
  };
  const lane = to === "queued" ? (backsOff ? "backoff" : "backlog") : (laneOf[to] ?? "");
  return { ...rest, from, to, id: idOf(which), token: name === "" ? "x" : name, expect, lane };
}

function toLedgerMove({ lane, due, task, cost, attempt, expect, ...step }: ExpectedMove): Move {
  const place =
    lane === "backlog" ? { lane: "backlog" as const } : { lane: lane as ledger.Lane, inMs: due ? 0 : hourMs };
  const { dispatch, freeSlot, ...same } = step;
  return {
    ...same,
    expect: toLedgerExpect(expect),
    ...(dispatch && { dispatch }),
    ...(freeSlot && { freeSlot }),
    ...(lane !== "" && { due: place }),
    ...(task !== "" && { bindTask: task }),
    ...(cost !== undefined && { costMicroUsd: cost }),
    ...(attempt !== "" && { set: { attempt: Number(attempt) } }),
  } as Move;
}

function toLedgerExpect({ n, task, hint, attempt, ...same }: ExpectedMove["expect"]): NonNullable<Move["expect"]> {
  return {
    ...(same as Pick<NonNullable<Move["expect"]>, "lane" | "token" | "notCancelRequested">),
    ...(n !== undefined && { dispatchSeq: Number(n) }),
    ...(task !== undefined && { taskId: task }),
    ...(hint !== undefined && { callbackTaskId: hint }),
    ...(attempt !== undefined && { attempt: Number(attempt) }),
  };
}

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
