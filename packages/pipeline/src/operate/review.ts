import type { State } from "@reelqueue/contracts";
import { type Found, type Moved, read, type Transitions } from "@reelqueue/ledger";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";

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
  /** Refused as sent: the provider does not know this task. */
  | { kind: "task_missing"; why: string }
  /** Refused as sent: whether the provider knows this task cannot be found out now. */
  | { kind: "unverified"; why: string }
  /** Refused as unsent: this task of it is known. */
  | { kind: "task_known"; taskId: string }
  | { kind: "conflict"; state: State }
  | { kind: "missing" };

/**
 * Applies an operator's decision to a generation in `needs_review`, or in `unknown` unless the decision is `unsent`:
 * its task may still appear. `sent` is refused where the provider does not confirm that it knows the task, because a bound
 * task is final. `unsent` is refused where a task is bound or a callback of this attempt has named one.
 */
export async function review(id: string, decision: ReviewDecision, ctx: Context): Promise<ReviewOutcome> {
  const found = await read(ctx.cell, id);
  if (!found) return { kind: "missing" };
  const taskId = found.record.taskId ?? found.record.callbackTaskId;
  if (decision.kind === "unsent" && found.record.state === "needs_review" && taskId !== undefined)
    return { kind: "task_known", taskId };
  const refusal = decision.kind === "sent" && (await refusalOf(decision.taskId, found, ctx));
  if (refusal) return refusal;
  const moved = await applyDecision(found, decision, ctx.transitions);
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

/** Why a task cannot be bound; `undefined`: its provider knows it, or the state alone refuses the decision. */
async function refusalOf(taskId: string, { record }: Found, ctx: Context): Promise<ReviewOutcome | undefined> {
  if (record.state !== "needs_review" && record.state !== "unknown") return undefined;
  const account = ctx.accounts.get(record.account);
  if (!account) return { kind: "unverified", why: `account ${record.account} is not configured` };
  const answer = await account.provider.poll(taskId, callOf(account, ctx));
  switch (answer.kind) {
    case "missing":
      return { kind: "task_missing", why: answer.message };
    case "blocked":
      await pauseBlocked(account, answer, ctx);
      return { kind: "unverified", why: answer.message };
    case "throttled":
    case "unreachable":
      return { kind: "unverified", why: answer.message };
    case "pending":
    case "succeeded":
    case "failed":
    case "canceled":
    case "expired":
      return undefined;
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
