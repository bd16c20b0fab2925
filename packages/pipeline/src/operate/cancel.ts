import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";

export type CancelOutcome =
  /** It ended at once. */
  | { kind: "canceled" }
  /** The provider may be at work; the wish is noted, and it ends as the provider says. */
  | { kind: "requested"; state: State }
  | { kind: "over"; state: State }
  | { kind: "missing" };

type CancelDeps = Pick<Context, "cell" | "transitions" | "accounts" | "http" | "timing">;

/** Cancels what has not been sent, and what its provider withdraws; notes the wish for everything else that is not over. */
export async function cancel(id: string, ctx: CancelDeps): Promise<CancelOutcome> {
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
      return noted.state === "running" && (await takenBack(id, ctx))
        ? { kind: "canceled" }
        : { kind: "requested", state: noted.state };
    case "refused":
      return noted.state === "canceled" ? { kind: "canceled" } : { kind: "over", state: noted.state };
    case "missing":
      return noted;
  }
}

/** Asks the provider to take the task back, where it can; it says no to one that has begun. */
async function takenBack(id: string, ctx: CancelDeps): Promise<boolean> {
  const found = await ledger.read(ctx.cell, id);
  const account = ctx.accounts.get(found?.record.account ?? "");
  const task = found?.record.taskId;
  if (!account?.provider.cancel || task === undefined) return false;
  const answer = await account.provider.cancel(task, callOf(account, ctx));
  if (answer.kind !== "canceled") return false;
  const moved = await ctx.transitions.cancel(id, ["running"], "withdrawn from the provider on request");
  return moved.kind === "moved" || moved.kind === "already";
}
