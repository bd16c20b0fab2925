import type { State } from "@reelqueue/contracts";
import { type Found, type Moved, read, type Transitions } from "@reelqueue/ledger";
import type { Context } from "../context.ts";

/** What a person found out about a submit that nothing else could resolve. */
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
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

/** Settles a generation that is in `needs_review` as the person says; one that is still `unknown` too, but not as unsent: its task may yet appear. */
export async function review(
  id: string,
  finding: ReviewDecision,
  { cell, transitions }: Pick<Context, "cell" | "transitions">,
): Promise<ReviewOutcome> {
  const found = await read(cell, id);
  if (!found) return { kind: "missing" };
  const moved = await settle(found, finding, transitions);
  switch (moved.kind) {
    case "moved":
    case "already":
      return {
        kind: "settled",
        state: ({ sent: "running", unsent: "queued", give_up: "failed" } as const)[finding.kind],
      };
    case "taken":
    case "missing":
      return moved;
    default:
      return { kind: "conflict", state: moved.state };
  }
}

function settle(found: Found, finding: ReviewDecision, transitions: Transitions): Promise<Moved> {
  switch (finding.kind) {
    case "sent":
      return transitions.bindByOperator(found, finding.taskId);
    case "unsent":
      return transitions.resubmitByOperator(found);
    case "give_up":
      return transitions.giveUp(found);
  }
}
