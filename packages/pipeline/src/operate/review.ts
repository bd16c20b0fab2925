import type { State } from "@reelqueue/contracts";
import { type Found, type Moved, read, type Transitions } from "@reelqueue/ledger";
import type { Context } from "../context.ts";

/** An operator's decision about a submit that reconciliation could not resolve. */
export type ReviewDecision =
  /** The provider created this task. */
  | { kind: "sent"; taskId: string }
  /** The provider has no task: it is resubmitted. */
  | { kind: "unsent" }
  /** It cannot be found out; it may have been charged. */
  | { kind: "give_up" };

export type ReviewOutcome =
  | { kind: "settled"; state: State }
  | { kind: "taken"; by: string }
  /** Refused as unsent: this task of it is known. */
  | { kind: "task_known"; taskId: string }
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

/**
 * Applies an operator's decision to a generation in `needs_review`, or in `unknown` unless the decision is `unsent`:
 * its task may still appear. `unsent` is refused where a task is bound or a callback of this attempt has named one.
 */
export async function review(
  id: string,
  decision: ReviewDecision,
  { cell, transitions }: Pick<Context, "cell" | "transitions">,
): Promise<ReviewOutcome> {
  const found = await read(cell, id);
  if (!found) return { kind: "missing" };
  const taskId = found.record.taskId ?? found.record.callbackTaskId;
  if (decision.kind === "unsent" && found.record.state === "needs_review" && taskId !== undefined)
    return { kind: "task_known", taskId };
  const moved = await applyDecision(found, decision, transitions);
  switch (moved.kind) {
    case "moved":
    case "already":
      return {
        kind: "settled",
        state: ({ sent: "running", unsent: "queued", give_up: "failed" } as const)[decision.kind],
      };
    case "taken":
    case "missing":
      return moved;
    default:
      return { kind: "conflict", state: moved.state };
  }
}

function applyDecision(found: Found, decision: ReviewDecision, transitions: Transitions): Promise<Moved> {
  switch (decision.kind) {
    case "sent":
      return transitions.bindByOperator(found, decision.taskId);
    case "unsent":
      return transitions.resubmitByOperator(found);
    case "give_up":
      return transitions.giveUp(found);
  }
}
