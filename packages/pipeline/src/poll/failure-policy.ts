import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { fullJitterMs } from "../timing.ts";

/**
 * Follows a failed task with a new paid attempt if that is never a second charge (the provider's own failure, at a
 * provider known not to charge failed tasks), else with the end.
 */
export async function afterFailure(
  { id, taskId }: { id: string; taskId: string },
  failure: Failure,
  account: Account,
  ctx: Context,
): Promise<{ moved: ledger.Moved; to: "queued" | "failed"; note: string }> {
  const found = await ledger.read(ctx.cell, id);
  if (!found) return { moved: { kind: "missing" }, to: "failed", note: failure.message };
  const { attempt } = found.record;
  if (!mayRetry(found, failure, account)) {
    const isFree = account.retriesFailures && failure.class !== "output_lost";
    const moved = await ctx.transitions.fail(found, taskId, failure, isFree);
    return { moved, to: "failed", note: failure.message };
  }
  const note = `attempt ${attempt} failed (${failure.message}); another one follows`;
  const backoffMs = account.clock.toRealMs(fullJitterMs(attempt, ctx.random, { baseMs: 5_000, capMs: 300_000 }));
  const due = { lane: "backoff", inMs: backoffMs } as const;
  const moved = await ctx.transitions.startNextAttempt(found, ["running"], { expect: { taskId }, due, note });
  return { moved, to: "queued", note };
}

function mayRetry({ record, request }: ledger.Found, failure: Failure, account: Account): boolean {
  return (
    failure.class === "upstream" &&
    account.retriesFailures &&
    record.attempt < request.maxAttempts &&
    !record.cancelRequested &&
    record.state === "running"
  );
}
