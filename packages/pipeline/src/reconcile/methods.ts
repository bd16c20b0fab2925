import * as ledger from "@reelqueue/ledger";
import type { Candidate, LostSubmit, NoAnswer, PollResult, Reconciliation } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callOf, circuitBreakerOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { pauseBlocked } from "../pause-account.ts";
import { idempotencyKeyOf } from "../submit/intent.ts";
import { post } from "../submit/post.ts";
import { quietLeftMs, type Resolution, type UnresolvedSubmit } from "./unresolved-submit.ts";

type Method<By extends Reconciliation["by"]> = Extract<Reconciliation, { by: By }>;

/** Whether the provider knows the task that a callback named. A callback alone proves nothing. */
export async function isTaskKnown({ intent, callbackTaskId }: UnresolvedSubmit, ctx: Context): Promise<boolean> {
  return isKnown(await intent.account.provider.poll(callbackTaskId, callOf(intent.account, ctx)));
}

/** Whether the answer to a poll shows that the task exists. */
export function isKnown({ kind }: PollResult): boolean {
  return ["pending", "succeeded", "failed", "canceled", "expired"].includes(kind);
}

/**
 * Repeats the POST, while the account takes submits: the provider creates one task for all POSTs with one key, and
 * answers with its id.
 */
export async function byIdempotencyKey(submit: UnresolvedSubmit, lifeMs: number, ctx: Context): Promise<Resolution> {
  const { account } = submit.intent;
  if (account.clock.toProviderMs(submit.nowMs - submit.sentAtMs) >= lifeMs) {
    return { kind: "inconclusive", why: "its idempotency key has expired" };
  }
  const checkedAt = performance.now();
  const gate = await ledger.readGate(ctx.cell, account.name);
  if (gate.kind === "paused") return { kind: "later", inMs: nextLookupMs(account) };
  if (gate.kind === "throttled") return { kind: "later", inMs: gate.forMs };
  const outcome = await post(submit.intent, checkedAt, ctx);
  ctx.meters.submits.inc({ account: account.name, outcome: `resolve-${outcome.kind}` });
  switch (outcome.kind) {
    case "accepted":
      return { kind: "found", taskId: outcome.taskId };
    case "rejected": {
      // with a task under this key the provider would have answered with its id; but the first POST may still arrive
      const inMs = quietLeftMs(submit);
      return inMs > 0
        ? { kind: "later", inMs }
        : { kind: "proven_absent", why: `the same POST was refused (${outcome.failure.message})` };
    }
    case "throttled": {
      const inMs = outcome.retryAfterMs ?? account.clock.toRealMs(5_000);
      await ledger.throttle(ctx.cell, account.name, inMs);
      return { kind: "later", inMs };
    }
    case "blocked":
      await pauseBlocked(account, outcome, ctx);
      return { kind: "later", inMs: 60_000 };
    case "unsent":
    case "unknown":
      return { kind: "later", inMs: nextLookupMs(account) };
  }
}

/** Looks the task up by the client id that the provider keeps beside it. */
export async function byClientId(
  submit: UnresolvedSubmit,
  lookup: Method<"clientId">["lookup"],
  ctx: Context,
): Promise<Resolution> {
  const answer = await lookup(idempotencyKeyOf(submit.intent), callOf(submit.intent.account, ctx));
  switch (answer.kind) {
    case "found":
      return answer;
    case "absent":
      return { kind: "absent" };
    default:
      return later(submit, answer, ctx);
  }
}

const mostPages = 20;

/**
 * Searches the provider's task list for the one task that no generation owns and that matches. A list that is not read
 * to its end proves no absence.
 */
export async function byTaskList(
  submit: UnresolvedSubmit,
  candidatesOf: Method<"taskList">["candidates"],
  ctx: Context,
): Promise<Resolution> {
  const { account } = submit.intent;
  const candidates: Candidate[] = [];
  let more = true;
  for (let page = 1; more && page <= mostPages; page += 1) {
    const answer = await candidatesOf(lostSubmitOf(submit, page, ctx), callOf(account, ctx));
    if (answer.kind !== "listed") return later(submit, answer, ctx);
    candidates.push(...answer.candidates);
    more = answer.more;
  }
  const owners = await Promise.all(candidates.map(({ taskId }) => ledger.ownerOf(ctx.cell, account.name, taskId)));
  const free = candidates.filter((_, i) => owners[i] === undefined || owners[i] === submit.intent.id);
  const certain = free.filter(({ likeness }) => likeness === "certain");
  const [best, ...others] = certain.length > 0 ? certain : free;
  if (more && best?.likeness !== "certain")
    return { kind: "inconclusive", why: "the provider lists too many tasks since then" };
  if (best === undefined) return { kind: "absent" };
  const alone = others.length === 0 && (best.likeness === "certain" || (await isOnlyUnresolved(account, ctx)));
  // meanwhile another unknown submit may find its own task among them
  if (!alone && quietLeftMs(submit) > 0) return { kind: "later", inMs: ctx.timing.absencesApartMs };
  return alone
    ? { kind: "found", taskId: best.taskId }
    : {
        kind: "inconclusive",
        why: `several tasks may belong to it: ${[best, ...others]
          .map(({ taskId }) => taskId)
          .join(", ")
          .slice(0, 200)}`,
      };
}

function lostSubmitOf({ intent, sentAtMs }: UnresolvedSubmit, page: number, ctx: Context): LostSubmit {
  // the provider's clock may be behind by this much
  const sinceMs = sentAtMs - ctx.timing.sendingMs;
  return { request: intent.request, idempotencyKey: idempotencyKeyOf(intent), sinceMs, page };
}

/**
 * Whether the account has no other unresolved submit: two that are alike could be confused, and a customer would get
 * another's video.
 */
async function isOnlyUnresolved(account: Account, ctx: Context): Promise<boolean> {
  const { lanes } = await ledger.accountStatus(ctx.cell, account.name);
  return lanes.unknown + lanes.review + lanes.submitting <= 1;
}

async function later(submit: UnresolvedSubmit, answer: NoAnswer, ctx: Context): Promise<Resolution> {
  switch (answer.kind) {
    case "throttled":
      return { kind: "later", inMs: answer.retryAfterMs ?? submit.intent.account.clock.toRealMs(5_000) };
    case "blocked":
      await pauseBlocked(submit.intent.account, answer, ctx);
      return { kind: "later", inMs: 60_000 };
    case "unreachable":
      return { kind: "later", inMs: nextLookupMs(submit.intent.account) };
  }
}

/**
 * Real ms until the look-up after an unusable answer. The wait does not grow: a mangled answer says nothing about the
 * next one, and the circuit breaker spares a provider that is down (ADR 13).
 */
function nextLookupMs(account: Account): number {
  return Math.max(account.clock.toRealMs(5_000), circuitBreakerOf(account).waitMs());
}
