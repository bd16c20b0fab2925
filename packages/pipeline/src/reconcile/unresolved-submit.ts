import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import type { Intent } from "../submit/intent.ts";

/** What a claim asks of a record. */
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

/** A POST whose outcome is unknown, as it is claimed. `nowMs` is the clock of Redis. */
export interface UnresolvedSubmit extends ledger.UnknownRef {
  intent: Intent;
  /** When the POST began. */
  sentAtMs: number;
  /** When it became unknown; workers may have been away for long before. */
  lostAtMs: number;
  /** From then on nobody can have been sending it any more. */
  quietFromMs: number;
  nowMs: number;
  /** Look-ups in a row that found no task. */
  absentLookups: ledger.Streak;
  /** Workers that died while they were sending it. */
  crashes?: ledger.Streak;
  lease: string;
}

/** What one method told about an unresolved submit. */
export type Resolution =
  | { kind: "found"; taskId: string }
  /** No task for now; one absent look-up proves nothing. */
  | { kind: "absent" }
  /** There is no task and never will be. */
  | { kind: "proven_absent"; why: string }
  /** No usable answer; asked again later. */
  | { kind: "later"; inMs: number }
  /** This method tells nothing about this submit; the next one may. */
  | { kind: "inconclusive"; why: string };

export type ClaimedUnresolved = ledger.Claimed<(typeof unresolvedFields)[number]>["items"][number];

/** A claimed submit with its request; undefined where there is no record any more. */
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
    intent: { ...intent, request: found.request },
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

/** When its last intent was written, or where the timeline does not name it any more, when it was accepted: too early costs a longer search, too late a second charge. */
function sentAt(record: ledger.GenerationRecord): number {
  const intent = ledger.timelineOf(record).findLast(({ state }) => state === "submitting");
  return intent === undefined ? record.createdAtMs : Date.parse(intent.at);
}

/** Ms of the quiet window that are left: until then the POST may still take effect, so no answer proves that there is no task (assumption A1). */
export function quietLeftMs({ nowMs, quietFromMs, intent }: UnresolvedSubmit): number {
  return Math.max(0, intent.account.quietMs - (nowMs - quietFromMs));
}
