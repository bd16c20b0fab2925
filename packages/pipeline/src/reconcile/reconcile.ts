import * as ledger from "@reelqueue/ledger";
import type { Reconciliation } from "@reelqueue/providers";
import { type Account, callsBack } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { bind } from "../submit/outcome.ts";
import type { Intent } from "../submit/submit.ts";
import { jittered } from "../timing.ts";
import { escalateToReview, isPoison, resubmitAsNewAttempt } from "./decide.ts";
import { byClientId, byIdempotencyKey, byTaskList, isTaskKnown } from "./methods.ts";
import { quietLeftMs } from "./unresolved-submit.ts";

export const fields = [
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

/** A POST whose fate is unknown, as it is claimed. `nowMs` is the clock of Redis. */
export interface UnresolvedSubmit extends ledger.UnknownRef {
  intent: Intent;
  /** When the POST began. */
  sentAtMs: number;
  /** When it was given up; workers may have been away for long before. */
  lostAtMs: number;
  /** From then on nobody can have been sending it any more. */
  quietFromMs: number;
  nowMs: number;
  /** Looks in a row that found nothing. */
  absentLookups: ledger.Streak;
  /** Workers that died while they were sending it. */
  crashes?: ledger.Streak;
  lease: string;
}

/** What one way of asking told about a lost POST. */
export type Resolution =
  | { kind: "found"; taskId: string }
  /** No task for now; one miss proves nothing. */
  | { kind: "absent" }
  /** There is none and never will be. */
  | { kind: "proven_absent"; why: string }
  /** No answer; asked again later. */
  | { kind: "later"; inMs: number }
  /** This way says nothing about this POST; the next one may. */
  | { kind: "mute"; why: string };

/** Finds out what became of lost POSTs of one account, by what its provider can do. Returns how many were looked at. */
export async function reconcile(account: Account, deps: Context): Promise<number> {
  const { items, lease } = await ledger.claim(deps.cell, "unknown", account.name, fields, {
    limit: 20,
    leaseMs: deps.timing.pollLeaseMs,
  });
  await Promise.all(
    items.map((item) =>
      resolveOne(item, lease, account, deps).catch((error) =>
        deps.log.error(
          { err: error, generation: item.id },
          "a lost POST could not be resolved; its lease brings it back",
        ),
      ),
    ),
  );
  return items.length;
}

type Item = ledger.Claimed<(typeof fields)[number]>["items"][number];

async function resolveOne(item: Item, lease: string, account: Account, deps: Context): Promise<void> {
  const lost = await unresolvedSubmitOf(item, lease, account, deps);
  if (lost === undefined) return;
  using held = holdClaim("unknown", account.name, { id: item.id, lease }, deps);
  const resolution = await ask(lost, deps);
  await deps.crashPoint?.("resolve:after-answer", item.id);
  await act({ ...lost, lease: held.end() }, resolution, deps);
}

/** What was claimed, with its request; `undefined` where there is none any more. */
export async function unresolvedSubmitOf(
  item: Item,
  lease: string,
  account: Account,
  deps: Context,
): Promise<UnresolvedSubmit | undefined> {
  const found = await ledger.read(deps.cell, item.id);
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
    nowMs: Number(lease) - deps.timing.pollLeaseMs,
    absentLookups: item.absentLookups ?? { count: 0, atMs: 0 },
    ...(crashes !== undefined && { crashes }),
    lease,
  };
}

/** The time of its last intent, or where the timeline does not name it any more, of its birth: too early costs a longer look, too late a second charge. */
function sentAt(record: ledger.GenerationRecord): number {
  const intent = ledger.timelineOf(record).findLast(({ state }) => state === "submitting");
  return intent === undefined ? record.createdAtMs : Date.parse(intent.at);
}

/** Every way that the provider offers, best first, until one tells something. */
async function ask(lost: UnresolvedSubmit, deps: Context): Promise<Resolution> {
  if (lost.callbackTaskId !== "" && (await isTaskKnown(lost, deps)))
    return { kind: "found", taskId: lost.callbackTaskId };
  const reasons: string[] = [];
  for (const method of lost.intent.account.provider.reconcile) {
    const resolution = await askBy(method, lost, deps);
    if (resolution.kind !== "mute") return resolution;
    reasons.push(resolution.why);
  }
  return { kind: "mute", why: reasons.join("; ") || "the provider offers no way to find out" };
}

function askBy(method: Reconciliation, lost: UnresolvedSubmit, deps: Context): Promise<Resolution> {
  switch (method.by) {
    case "idempotencyKey":
      return byIdempotencyKey(lost, method.lifeMs.value, deps);
    case "clientId":
      return byClientId(lost, method.lookup, deps);
    case "taskList":
      return byTaskList(lost, method.candidates, deps);
    case "callback":
      return byCallback(lost, deps);
  }
}

async function act(lost: UnresolvedSubmit, resolution: Resolution, deps: Context): Promise<void> {
  switch (resolution.kind) {
    case "found":
      await bind(lost.intent, resolution.taskId, deps);
      return;
    case "proven_absent":
      return resubmit(lost, resolution.why, deps);
    case "absent":
      return countAbsence(lost, deps);
    case "later":
      return lost.nowMs - lost.lostAtMs < deps.timing.reconcileForMs
        ? askAgain(lost, resolution.inMs, {}, deps)
        : escalateToReview(lost, "its provider has said nothing usable for a day", deps);
    case "mute":
      if (!(await resubmitAsNewAttempt(lost, resolution.why, deps)))
        await escalateAfterQuietWindow(lost, resolution.why, deps);
      return;
  }
}

/** Only once the answer can no longer change: before that a person might truly see no task, and have it sent again just before it appears. */
async function escalateAfterQuietWindow(lost: UnresolvedSubmit, why: string, deps: Context): Promise<void> {
  const leftMs = quietLeftMs(lost);
  return leftMs > 0 ? askAgain(lost, leftMs, {}, deps) : escalateToReview(lost, why, deps);
}

/** A provider that calls back may still tell the task within the quiet window. */
async function byCallback(lost: UnresolvedSubmit, deps: Context): Promise<Resolution> {
  const leftMs = quietLeftMs(lost);
  return leftMs > 0 && callsBack(lost.intent.account, deps.publicUrl)
    ? { kind: "later", inMs: leftMs }
    : { kind: "mute", why: "no callback came" };
}

const absencesProve = 3;

/** Absence is proven only by several misses in a row, apart, the last of them after the quiet window (assumption A1). */
async function countAbsence(lost: UnresolvedSubmit, deps: Context): Promise<void> {
  const { absencesApartMs } = deps.timing;
  const { count, atMs: lastMs } = lost.absentLookups;
  const counted = count === 0 || lost.nowMs - lastMs >= absencesApartMs ? count + 1 : count;
  const leftMs = quietLeftMs(lost);
  if (counted >= absencesProve && leftMs === 0) {
    return resubmit(lost, `the provider knew of no task, ${counted} times in a row`, deps);
  }
  const waitMs = counted >= absencesProve ? Math.max(leftMs, 1) : absencesApartMs;
  const atMs = counted > count ? lost.nowMs : lastMs;
  await askAgain(lost, waitMs, { absentLookups: { count: counted, atMs } }, deps);
}

/** There is no task: the same attempt may be sent again. */
async function resubmit(lost: UnresolvedSubmit, why: string, deps: Context): Promise<void> {
  if (isPoison(lost.crashes))
    return escalateToReview(lost, `${why}; three workers have died while they were sending it`, deps);
  await deps.transitions.resubmit(lost, why);
}

async function askAgain(
  { intent, lease }: UnresolvedSubmit,
  inMs: number,
  set: Partial<ledger.GenerationRecord>,
  deps: Context,
): Promise<void> {
  const nextInMs = jittered(inMs, deps.random);
  const { id, account } = intent;
  await ledger.reschedule(deps.cell, { lane: "unknown", account: account.name, id, lease, nextInMs, set });
}
