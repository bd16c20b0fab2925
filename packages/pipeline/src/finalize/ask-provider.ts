import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { PollResult, RemoteOutput } from "@reelqueue/providers";
import { type Account, pollBucketOf } from "../accounts.ts";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";
import { countMissing } from "../poll/evaluate.ts";

/** What a provider says about the files of a finished task. */
export type Offer =
  | { kind: "files"; outputs: RemoteOutput[] }
  /** It has no file (any more); `failure`: it says that the task failed. */
  | { kind: "none"; why: string; failure?: Failure }
  /** It said nothing usable, or was not asked. */
  | { kind: "unheard"; why: string; afterMs?: number };

/** Polls the task again, for a token: most providers sign a new URL in every answer. */
export async function askProvider({ id, record }: ledger.Found, ctx: Context): Promise<Offer> {
  const account = ctx.accounts.get(record.account);
  if (!account || record.taskId === undefined)
    return { kind: "unheard", why: `account ${record.account} is not configured`, afterMs: 60_000 };
  const tokenInMs = await ledger.takeToken(ctx.cell, account.name, pollBucketOf(account));
  if (tokenInMs > 0) return { kind: "unheard", why: "its provider may not be asked yet", afterMs: tokenInMs };
  const result = await account.provider.poll(record.taskId, callOf(account, ctx));
  if (result.kind === "blocked") await pauseBlocked(account, result, ctx);
  if (result.kind === "throttled") await throttle(account, result, ctx);
  if (result.kind !== "missing") return offerOf(result, account);
  const { missingPolls, confirmed } = countMissing(record.missingPolls, account.clock, Date.now());
  await ledger.updateFields(ctx.cell, id, { missingPolls });
  return { kind: confirmed ? "none" : "unheard", why: result.message };
}

function throttle(account: Account, { retryAfterMs }: { retryAfterMs?: number }, { cell }: Context): Promise<void> {
  const forMs = retryAfterMs ?? account.clock.toRealMs(5_000);
  return ledger.throttle(cell, account.name, forMs, { bucket: account.polls ? "polls" : "requests" });
}

function offerOf(result: Exclude<PollResult, { kind: "missing" }>, { clock }: Account): Offer {
  switch (result.kind) {
    case "succeeded":
      return { kind: "files", outputs: result.outputs };
    case "failed":
      return {
        kind: "none",
        why: `the provider now says that it failed: ${result.failure.message}`,
        failure: result.failure,
      };
    case "canceled":
    case "expired":
      return { kind: "none", why: `the provider now says ${result.kind}` };
    case "pending":
      return { kind: "none", why: `the provider now says ${result.status}` };
    case "throttled":
      return { kind: "unheard", why: result.message, afterMs: result.retryAfterMs ?? clock.toRealMs(5_000) };
    case "blocked":
      return { kind: "unheard", why: result.message, afterMs: clock.toRealMs(60_000) };
    case "unreachable":
      return { kind: result.unusable ? "none" : "unheard", why: result.message };
  }
}
