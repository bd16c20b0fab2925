import type * as ledger from "@reelqueue/ledger";
import { type Context, untilStored } from "../context.ts";

export type Due = Parameters<ledger.Transitions["requeue"]>[2];

/** Requeues a submit of which nothing was sent, or that its provider was too busy to take: no task exists. */
export function requeueUnsent(
  of: ledger.Submit,
  { note, due, requeues }: { note: string; due: Due; requeues?: number },
  ctx: Context,
): Promise<ledger.Moved> {
  return storeNoTask(ctx, (from) => ctx.transitions.requeue({ ...of, from }, note, due, requeues));
}

/** Stores that no task exists, also after the lease of the submit has ended and has made its generation `unknown`. */
export async function storeNoTask(
  ctx: Context,
  store: (from: ledger.SubmitRef["from"]) => Promise<ledger.Moved>,
): Promise<ledger.Moved> {
  const moved = await untilStored(ctx, () => store("submitting"));
  return moved.kind === "conflict" && moved.state === "unknown" ? untilStored(ctx, () => store("unknown")) : moved;
}
