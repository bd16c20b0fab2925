import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";

export type CancelOutcome =
  /** It ended now. */
  | { kind: "canceled" }
  /** The provider may be working; the request is stored, and the generation ends with the provider's result. */
  | { kind: "requested"; state: State }
  /** It had ended before, in `state`. */
  | { kind: "over"; state: State }
  | { kind: "missing" };

type CancelContext = Pick<Context, "cell" | "transitions" | "accounts" | "http" | "timing">;

/**
 * Cancels a generation that has not been sent, or whose task its provider cancels. Stores the request for any other
 * that has not ended.
 */
export async function cancel(id: string, ctx: CancelContext): Promise<CancelOutcome> {
  const moved = await ctx.transitions.cancel(id, ["queued", "preparing"], "canceled on request");
  if (moved.kind === "moved" || moved.kind === "already") return { kind: "canceled" };
  if (moved.kind === "missing") return moved;
  const noted = await ledger.requestCancel(ctx.cell, id, [
    "submitting",
    "unknown",
    "needs_review",
    "running",
    "finalizing",
  ]);
  switch (noted.kind) {
    case "noted":
      return noted.state === "running" && (await cancelTask(id, ctx))
        ? { kind: "canceled" }
        : { kind: "requested", state: noted.state };
    case "refused":
      return noted.state === "canceled" ? { kind: "canceled" } : { kind: "over", state: noted.state };
    case "missing":
      return noted;
  }
}

/** Cancels the task at the provider, if it offers that; most refuse once the task has started. */
async function cancelTask(id: string, ctx: CancelContext): Promise<boolean> {
  const found = await ledger.read(ctx.cell, id);
  const account = ctx.accounts.get(found?.record.account ?? "");
  const task = found?.record.taskId;
  if (!account?.provider.cancel || task === undefined) return false;
  const answer = await account.provider.cancel(task, callOf(account, ctx));
  if (answer.kind !== "canceled") return false;
  const moved = await ctx.transitions.cancel(id, ["running"], "withdrawn from the provider on request");
  return moved.kind === "moved" || moved.kind === "already";
}
