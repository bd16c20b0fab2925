import { moves, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Move, type Moved, sendMoveAlone } from "@reelqueue/ledger/testing";
import { move, nudge, release, type Step, wish } from "./moves.ts";
import { account, idOf, type MoveWish, type Operation, wishes } from "./operations.ts";
import { accept, admit, claim, type Ledger, reissue, ripen } from "./reducer.ts";

const hourMs = 3_600_000;
const weights = { a: 1, b: 2 };

/** Does one thing to both; answers what each of them said. What is sent depends on the reducer alone, so that nobody has to wait. */
export function onBoth(
  operation: Operation,
  model: Ledger,
  cell: ledger.Cell,
): { said: unknown; script: Promise<unknown> } {
  switch (operation.kind) {
    case "accept": {
      const { atomic } = operation;
      const rows = operation.rows.map(({ which, hash }) => ({
        id: idOf(which),
        hash,
        ...(wishes[which] ?? wishes[0]),
      }));
      const full = rows.map((row) => ({ ...row, account, request: "{}", class: "c" }));
      return { said: accept(model, rows, atomic), script: ledger.accept(cell, full, { atomic }) };
    }
    case "admit": {
      const { slots, window, budget } = operation;
      const limits = { slots, window, rate: 0, burst: 0, leaseMs: hourMs, weights };
      const script = ledger.admit(cell, account, {
        ...limits,
        ...(budget !== undefined && { budgetMicroUsd: budget }),
      });
      return {
        said: admit(model, { slots, window, budget, weights }),
        script: script.then(({ grants, reason }) => ({
          grants: grants.map(({ generation, dispatchSeq }) => `${generation} ${dispatchSeq}`),
          reason,
        })),
      };
    }
    case "move": {
      const step = resolved(operation.wish, model);
      return { said: move(model, step), script: moveNow(cell, sent(step)) };
    }
    case "claim": {
      const script = ledger.claim(cell, operation.lane, account, [], { limit: 100, leaseMs: hourMs });
      return {
        said: claim(model, operation.lane),
        script: script.then(({ items }) => items.map(({ id }) => id).sort()),
      };
    }
    case "reissue": {
      const script = ledger.redispatch(cell, operation.lane as "granted" | "finalize", account, 100, hourMs);
      return {
        said: reissue(model, operation.lane),
        script: script.then((again) =>
          again.map(({ generation, dispatchSeq }) => `${generation} ${dispatchSeq}`).sort(),
        ),
      };
    }
    default:
      return onBothRarely(operation, model, cell);
  }
}

type Rare = Exclude<Operation, { kind: "accept" | "admit" | "move" | "claim" | "reissue" }>;

function onBothRarely(operation: Rare, model: Ledger, cell: ledger.Cell): { said: unknown; script: Promise<unknown> } {
  switch (operation.kind) {
    case "ripen":
      return { said: ripen(model), script: ledger.promoteDelayed(cell, account, 100).then(({ count }) => count) };
    case "wish": {
      const id = idOf(operation.which);
      const script = ledger.requestCancel(cell, id, operation.states);
      return {
        said: wish(model, id, operation.states),
        script: script.then((said) => (said.kind === "missing" ? said.kind : `${said.kind} ${said.state}`)),
      };
    }
    case "release": {
      const { which, state, unwatch, cost } = operation;
      const options = { unwatch, ...(cost !== undefined && { costMicroUsd: cost }) };
      return {
        said: release(model, idOf(which), state, unwatch, cost),
        script: ledger.releaseSlot(cell, idOf(which), state, options),
      };
    }
    case "nudge": {
      const { which, lanes, task, attempt } = operation;
      const script = ledger.makeDueNow(cell, idOf(which), lanes, { taskId: task, attempt, account });
      return {
        said: nudge(model, idOf(which), lanes, task, attempt),
        script: script.then(({ state, woken, orphaned }) => `${state} ${woken} ${orphaned}`),
      };
    }
  }
}

let operations = 0;

/** Where a generation waits in each state; at its end nowhere. */
const laneOf: Partial<Record<State, ledger.Lane>> = {
  preparing: "preparing",
  submitting: "submitting",
  unknown: "unknown",
  needs_review: "review",
  running: "poll",
  finalizing: "finalize",
  expired: "watch",
};

function resolved({ which, apt, believes, token, backsOff, ...rest }: MoveWish, model: Ledger): Step {
  const rec = model.recs.get(idOf(which));
  const allowed = rec === undefined || apt === undefined ? [] : moves[rec.state];
  const to = allowed[(apt ?? 0) % allowed.length] ?? rest.to;
  const from = rec !== undefined && allowed.length > 0 ? [rec.state] : rest.from;
  operations += 1;
  const name = token === "new" ? `op${operations}` : token === "last" ? (rec?.token ?? "x") : token;
  const { n, token: right, calm, ...facts } = believes;
  const expect: Step["expect"] = {
    ...facts,
    ...(n !== undefined && { n: String((rec?.n ?? 0) + (n ? 0 : 1)) }),
    ...(right !== undefined && { token: right ? (rec?.token ?? "") : "somebody" }),
    ...(calm && { calm }),
  };
  const lane = to === "queued" ? (backsOff ? "backoff" : "backlog") : (laneOf[to] ?? "");
  return { ...rest, from, to, id: idOf(which), token: name === "" ? "x" : name, expect, lane };
}

function sent({ lane, due, handover, free, task, cost, attempt, expect, ...step }: Step): Move {
  const place =
    lane === "backlog" ? { lane: "backlog" as const } : { lane: lane as ledger.Lane, inMs: due ? 0 : hourMs };
  return {
    ...step,
    expect: believed(expect),
    ...(handover && { dispatch: true }),
    ...(free && { freeSlot: true }),
    ...(lane !== "" && { due: place }),
    ...(task !== "" && { bindTask: task }),
    ...(cost !== undefined && { costMicroUsd: cost }),
    ...(attempt !== "" && { set: { attempt: Number(attempt) } }),
  } as Move;
}

function believed({ n, task, hint, attempt, calm, ...same }: Step["expect"]): NonNullable<Move["expect"]> {
  return {
    ...(same as Pick<NonNullable<Move["expect"]>, "lane" | "token">),
    ...(n !== undefined && { dispatchSeq: Number(n) }),
    ...(task !== undefined && { taskId: task }),
    ...(hint !== undefined && { callbackTaskId: hint }),
    ...(attempt !== undefined && { attempt: Number(attempt) }),
    ...(calm && { notCancelRequested: true }),
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

/** Unlike a single move, which waits for others to share its script, this one goes out in its turn. */
async function moveNow(cell: ledger.Cell, step: Move): Promise<ReturnType<typeof inWords>> {
  return inWords(await sendMoveAlone(cell, step));
}
