import { type FailureClass, type State, safeToRetry } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";

export type RetryOutcome =
  /** It waits for a new paid attempt. */
  | { kind: "queued"; attempt: number }
  /** A new attempt could pay twice for one result; the sentence says what to do instead. */
  | { kind: "unsafe"; class: FailureClass; advice: string }
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

/** Starts a new paid attempt of something that failed or expired, by a person's word, where that cannot pay twice for one result. */
export async function retry(id: string, ctx: Pick<Context, "cell" | "transitions">): Promise<RetryOutcome> {
  const found = await ledger.read(ctx.cell, id);
  if (!found) return { kind: "missing" };
  const { record } = found;
  const { failure } = record;
  if (record.state === "failed" && failure !== undefined && !safeToRetry.includes(failure.class)) {
    return { kind: "unsafe", class: failure.class, advice: adviceFor(failure.class) };
  }
  if (record.state === "expired" && record.holdsSlot) {
    return {
      kind: "unsafe",
      class: "billing_uncertain",
      advice: "its task may still be running and be paid; wait until the watch over it ends",
    };
  }
  const moved = await ctx.transitions.startNextAttempt(found, ["failed", "expired"], {
    // what was read above still holds: no other retry has run through meanwhile
    expect: { dispatchSeq: record.dispatchSeq, token: record.token ?? "" },
    due: { lane: "backlog" },
    note: "retried on request",
  });
  switch (moved.kind) {
    case "moved":
    case "already":
      return { kind: "queued", attempt: record.attempt + 1 };
    case "missing":
      return moved;
    case "taken":
      return { kind: "conflict", state: record.state };
    default:
      return { kind: "conflict", state: moved.state };
  }
}

/** What a person can do where a retry could pay twice for one result. */
export function adviceFor(failureClass: FailureClass): string {
  return failureClass === "billing_uncertain"
    ? "look for its task at the provider first, then enqueue it anew under another idempotency key"
    : "it was paid for; ask the provider for the file, or enqueue it anew under another idempotency key";
}
