import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";
import { announceEnding } from "./event.ts";
import { operationToken } from "./token.ts";

export type Canceled =
  /** It ended at once and costs nothing. */
  | { kind: "canceled" }
  /** The provider may be at work; the wish is noted, and it ends as the provider says. */
  | { kind: "requested"; state: State }
  | { kind: "over"; state: State }
  | { kind: "missing" };

/** Cancels what has not been sent; notes the wish for everything else that is not over. */
export async function cancel(id: string, deps: Pick<Deps, "cell" | "publicUrl">): Promise<Canceled> {
  const moved = await ledger.move(deps.cell, {
    id,
    from: ["queued", "preparing"],
    to: "canceled",
    token: operationToken(),
    note: "canceled on request",
    ...(await announceEnding(deps, id, { state: "canceled" })),
  });
  if (moved.kind === "moved" || moved.kind === "already") return { kind: "canceled" };
  if (moved.kind === "missing") return moved;
  const noted = await ledger.wish(deps.cell, id, ["submitting", "unknown", "needs_review", "running", "finalizing"]);
  switch (noted.kind) {
    case "noted":
      return { kind: "requested", state: noted.state };
    case "refused":
      return noted.state === "canceled" ? { kind: "canceled" } : { kind: "over", state: noted.state };
    case "missing":
      return noted;
  }
}
