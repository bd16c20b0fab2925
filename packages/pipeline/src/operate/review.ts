import type { State } from "@reelqueue/contracts";
import { type Found, type Moved, read, type Transitions } from "@reelqueue/ledger";
import type { Context } from "../context.ts";

/** What an operator found out about a submit that nothing else could resolve. */
export type ReviewDecision =
  /** The provider made this task. */
  | { kind: "sent"; taskId: string }
  /** The provider has no task: it may be sent again. */
  | { kind: "unsent" }
  /** Nobody can say; it may have been charged. */
  | { kind: "give_up" };

export type ReviewOutcome =
  | { kind: "settled"; state: State }
  | { kind: "taken"; by: string }
  /** It was sent: this task is known of it. */
  | { kind: "task_known"; taskId: string }
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

/**
 * Settles a generation that is in `needs_review` as the operator says; one that is still `unknown` too, but not as unsent: its task may yet appear.
 * Unsent is refused where a task is bound, or was named by a callback of this attempt.
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
  const moved = await settle(found, decision, transitions);
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

function settle(found: Found, decision: ReviewDecision, transitions: Transitions): Promise<Moved> {
  switch (decision.kind) {
    case "sent":
      return transitions.bindByOperator(found, decision.taskId);
    case "unsent":
      return transitions.resubmitByOperator(found);
    case "give_up":
      return transitions.giveUp(found);
  }
}
