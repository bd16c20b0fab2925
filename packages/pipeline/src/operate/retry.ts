import { type FailureClass, type State, safeToRetry } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";

export type RetryOutcome =
  /** A new paid attempt is queued. */
  | { kind: "queued"; attempt: number }
  /** The outputs of the paid task are downloaded again. */
  | { kind: "downloading" }
  /** A new attempt could be a second charge; `advice` says what to do instead. */
  | { kind: "unsafe"; class: FailureClass; advice: string }
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

export type RetryContext = Pick<Context, "cell" | "transitions" | "queues" | "timing">;

/**
 * Retries a failed or expired generation for an operator: a lost output is downloaded again, anything else is a new paid
 * attempt, unless it could be a second charge.
 */
export async function retry(id: string, ctx: RetryContext): Promise<RetryOutcome> {
  const found = await ledger.read(ctx.cell, id);
  if (!found) return { kind: "missing" };
  const { record } = found;
  const { failure } = record;
  if (record.state === "failed" && failure?.class === "output_lost" && record.taskId !== undefined)
    return downloadAgain(found, ctx);
  if (record.state === "failed" && failure !== undefined && !safeToRetry.includes(failure.class)) {
    return { kind: "unsafe", class: failure.class, advice: adviceFor(failure.class) };
  }
  // the watch alone counts: an overdue task has no slot any more; records of older versions have a slot without a watch
  if (record.state === "expired" && (record.lane === "watch" || record.holdsSlot)) {
    return {
      kind: "unsafe",
      class: "billing_uncertain",
      advice: "its task may still be running and charged; retry when it is no longer watched",
    };
  }
  const moved = await ctx.transitions.startNextAttempt(found, ["failed", "expired"], {
    // the state that was read above: no other retry has happened since
    expect: { dispatchSeq: record.dispatchSeq, token: record.token ?? "" },
    due: { lane: "backlog" },
    note: "retried on request",
  });
  return outcomeOf(moved, record, { kind: "queued", attempt: record.attempt + 1 });
}

async function downloadAgain(found: ledger.Found, ctx: RetryContext): Promise<RetryOutcome> {
  const { id, record } = found;
  const moved = await ctx.transitions.redownload(found, ctx.timing.finalizeLeaseMs);
  if ("dispatchSeq" in moved) {
    const { finalizePriority: priority } = record;
    const job = { generation: id, dispatchSeq: moved.dispatchSeq, ...(priority !== undefined && { priority }) };
    await ctx.queues.add("finalize", [job]);
  }
  return outcomeOf(moved, record, { kind: "downloading" });
}

function outcomeOf(
  moved: ledger.Moved,
  { state }: Pick<ledger.GenerationRecord, "state">,
  done: RetryOutcome,
): RetryOutcome {
  switch (moved.kind) {
    case "moved":
    case "already":
      return done;
    case "missing":
      return moved;
    case "taken":
      return { kind: "conflict", state };
    default:
      return { kind: "conflict", state: moved.state };
  }
}

/** What an operator can do where a retry could be a second charge. */
export function adviceFor(failureClass: FailureClass): string {
  return failureClass === "billing_uncertain"
    ? "check the provider for its task first, then enqueue it again under another idempotency key"
    : "its task is not known; ask the provider for the file, or enqueue it again under another idempotency key";
}
