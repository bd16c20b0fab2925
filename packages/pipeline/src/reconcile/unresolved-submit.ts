import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import type { Intent } from "../submit/intent.ts";

/** The fields that a claim reads. */
export const unresolvedFields = [
  "attempt",
  "runTimeClass",
  "requeues",
  "stateChangedAtMs",
  "callbackTaskId",
  "absentLookups",
  "token",
  "crashes",
  "quietFromMs",
] as const;

/** A claimed submit whose outcome is unknown. `nowMs` is the clock of Redis. */
export interface UnresolvedSubmit extends ledger.UnknownRef {
  intent: Intent;
  /** When the POST began. */
  sentAtMs: number;
  /** When it became unknown; if all workers were down, long after the POST. */
  lostAtMs: number;
  /** From here on no worker can still be sending it: the quiet window begins. */
  quietFromMs: number;
  nowMs: number;
  /** Absent look-ups in a row. */
  absentLookups: ledger.Streak;
  /** Workers that died while sending it. */
  crashes?: ledger.Streak;
  lease: string;
}

/** The result of one method. */
export type Resolution =
  | { kind: "found"; taskId: string }
  /** No task was found; a single absent look-up proves nothing. */
  | { kind: "absent" }
  /** No task exists or can still appear. */
  | { kind: "proven_absent"; why: string }
  /** No usable answer; the next look-up follows after `inMs`. */
  | { kind: "later"; inMs: number }
  /** This method cannot resolve the submit; the next one may. */
  | { kind: "inconclusive"; why: string };

export type ClaimedUnresolved = ledger.Claimed<(typeof unresolvedFields)[number]>["items"][number];

/** A claimed submit with its request; `undefined` if its record no longer exists. */
export async function unresolvedSubmitOf(
  item: ClaimedUnresolved,
  lease: string,
  account: Account,
  ctx: Context,
): Promise<UnresolvedSubmit | undefined> {
  const found = await ledger.read(ctx.cell, item.id);
  if (!found) return undefined;
  const { stateChangedAtMs: lostAtMs, callbackTaskId = "", quietFromMs = 0, crashes, requeues = 0 } = item;
  const { id, attempt, runTimeClass, token: sinceToken = "" } = item;
  const intent = { id, attempt, runTimeClass, account, requeues, token: ledger.operationToken() };
  return {
    id,
    intent: {
      ...intent,
      request: found.request,
      ...(found.record.callbackForm === undefined && { hasOldCallback: true }),
    },
    sinceToken,
    callbackTaskId,
    sentAtMs: Math.min(lostAtMs, sentAt(found.record)),
    lostAtMs,
    quietFromMs: Math.max(lostAtMs, quietFromMs),
    nowMs: Number(lease) - ctx.timing.pollLeaseMs,
    absentLookups: item.absentLookups ?? { count: 0, atMs: 0 },
    ...(crashes !== undefined && { crashes }),
    lease,
  };
}

/**
 * When the last intent was written; if the timeline no longer has it, when the generation was accepted. Too early costs
 * a longer search, too late a second charge.
 */
function sentAt(record: ledger.GenerationRecord): number {
  const intent = ledger.timelineOf(record).findLast(({ state }) => state === "submitting");
  return intent === undefined ? record.createdAtMs : Date.parse(intent.at);
}

/**
 * Ms left of the quiet window. Until it ends the POST may still take effect, so no answer proves absence (assumption
 * A1).
 */
export function quietLeftMs({ nowMs, quietFromMs, intent }: UnresolvedSubmit): number {
  return Math.max(0, intent.account.quietMs - (nowMs - quietFromMs));
}
