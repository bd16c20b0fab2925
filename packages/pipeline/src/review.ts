import type { Failure, State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";
import { announceEnding } from "./event.ts";
import { operationToken } from "./token.ts";

/** What a person found out about a submit that nothing else could resolve. */
export type Finding =
  /** The provider made this task. */
  | { kind: "sent"; taskId: string }
  /** The provider has no task: it may be sent again. */
  | { kind: "unsent" }
  /** Nobody can say; it may have been charged. */
  | { kind: "give_up" };

export type Reviewed =
  | { kind: "settled"; state: State }
  | { kind: "taken"; by: string }
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

/** Settles a generation that is in `needs_review` as the person says; one that is still `unknown` too, but not as unsent: its task may yet appear. */
export async function review(id: string, finding: Finding, deps: Pick<Deps, "cell" | "publicUrl">): Promise<Reviewed> {
  const moved = await ledger.move(deps.cell, {
    id,
    token: operationToken(),
    ...(await stepFor(id, finding, deps)),
  } as ledger.Move);
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

async function stepFor(
  id: string,
  finding: Finding,
  deps: Parameters<typeof review>[2],
): Promise<Omit<ledger.Move, "id" | "token">> {
  switch (finding.kind) {
    case "sent":
      return {
        from: ["needs_review", "unknown"],
        to: "running",
        task: finding.taskId,
        due: { lane: "poll", inMs: 0 },
        set: { polls: "0" },
        unset: ["evidence", "hint", "crashes", "silentAt"],
        note: `a person found its task ${finding.taskId}`,
      };
    case "unsent":
      return {
        from: ["needs_review"],
        to: "queued",
        due: { lane: "backlog" },
        unset: ["evidence", "hint", "crashes", "silentAt"],
        note: "a person found that it was never sent",
      };
    case "give_up": {
      const failure: Failure = {
        class: "billing_uncertain",
        message: "given up by a person; it may have been charged",
      };
      return {
        from: ["needs_review"],
        to: "failed",
        set: { failure: JSON.stringify(failure) },
        note: failure.message,
        ...(await announceEnding(deps, id, { state: "failed", failure })),
      };
    }
  }
}
