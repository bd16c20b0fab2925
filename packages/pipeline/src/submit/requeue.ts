import type * as ledger from "@reelqueue/ledger";
import { reconciliationBy } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { type Context, untilStored } from "../context.ts";

export type Due = Parameters<ledger.Transitions["requeue"]>[2];

/** Requeues a submit of which nothing was sent, or that its provider was too busy to take: no task exists. */
export function requeueUnsent(
  of: ledger.Submit & { account?: Account },
  { note, due, requeues }: { note: string; due: Due; requeues?: number },
  ctx: Context,
): Promise<ledger.Moved> {
  return storeNoTask(of, ctx, (from) => ctx.transitions.requeue({ ...of, from }, note, due, requeues));
}

/**
 * Stores that no task exists; where that is safe, also after the lease of the submit has ended and has made its
 * generation `unknown`. It is not safe where reconciliation repeats the POST: the repetition may be under way.
 */
export async function storeNoTask(
  { account }: { account?: Account },
  ctx: Context,
  store: (from: ledger.SubmitRef["from"]) => Promise<ledger.Moved>,
): Promise<ledger.Moved> {
  const moved = await untilStored(ctx, () => store("submitting"));
  const hasExpired = moved.kind === "conflict" && moved.state === "unknown";
  const isRepeated = account === undefined || reconciliationBy(account.provider, "idempotencyKey") !== undefined;
  return hasExpired && !isRepeated ? untilStored(ctx, () => store("unknown")) : moved;
}
