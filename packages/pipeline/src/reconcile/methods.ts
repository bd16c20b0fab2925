import * as ledger from "@reelqueue/ledger";
import type { Candidate, LostSubmit, NoAnswer, Reconciliation } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callOf, circuitBreakerOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { idempotencyKeyOf } from "../submit/intent.ts";
import { post } from "../submit/post.ts";
import { quietLeftMs, type Resolution, type UnresolvedSubmit } from "./unresolved-submit.ts";

type Method<By extends Reconciliation["by"]> = Extract<Reconciliation, { by: By }>;

/** A callback told a task id: believed when the provider knows the task. */
export async function isTaskKnown({ intent, callbackTaskId }: UnresolvedSubmit, ctx: Context): Promise<boolean> {
  const progress = await intent.account.provider.poll(callbackTaskId, callOf(intent.account, ctx));
  return ["pending", "succeeded", "failed", "canceled", "expired"].includes(progress.kind);
}

/** The provider makes one task of all POSTs with one key, so the same POST is safe and tells the task. */
export async function byIdempotencyKey(lost: UnresolvedSubmit, lifeMs: number, ctx: Context): Promise<Resolution> {
  const { account } = lost.intent;
  if ((lost.nowMs - lost.sentAtMs) * account.timeScale >= lifeMs) {
    return { kind: "inconclusive", why: "its idempotency key is too old" };
  }
  const outcome = await post(lost.intent, ctx);
  ctx.meters.submits.inc({ account: account.name, outcome: `resolve-${outcome.kind}` });
  switch (outcome.kind) {
    case "accepted":
      return { kind: "found", taskId: outcome.taskId };
    case "rejected": {
      // Had there been a task under this key, the provider would have named it instead of refusing; but the first POST may still be on its way.
      const inMs = quietLeftMs(lost);
      return inMs > 0
        ? { kind: "later", inMs }
        : { kind: "proven_absent", why: `the same POST was refused (${outcome.failure.message})` };
    }
    case "throttled":
      return { kind: "later", inMs: outcome.retryAfterMs ?? 5_000 / account.timeScale };
    case "blocked":
      return { kind: "later", inMs: 60_000 };
    case "unsent":
    case "unknown":
      return { kind: "later", inMs: askAgainMs(account) };
  }
}

/** The provider keeps our id beside its task. */
export async function byClientId(
  lost: UnresolvedSubmit,
  lookup: Method<"clientId">["lookup"],
  ctx: Context,
): Promise<Resolution> {
  const answer = await lookup(idempotencyKeyOf(lost.intent), callOf(lost.intent.account, ctx));
  switch (answer.kind) {
    case "found":
      return answer;
    case "absent":
      return { kind: "absent" };
    default:
      return later(lost, answer);
  }
}

const mostPages = 20;

/** The provider lists its tasks: ours is the only one that nobody owns and that nothing speaks against. A list with an end that was not seen proves no absence. */
export async function byTaskList(
  lost: UnresolvedSubmit,
  candidatesOf: Method<"taskList">["candidates"],
  ctx: Context,
): Promise<Resolution> {
  const { account } = lost.intent;
  const candidates: Candidate[] = [];
  let more = true;
  for (let page = 1; more && page <= mostPages; page += 1) {
    const answer = await candidatesOf(lostSubmitOf(lost, page, ctx), callOf(account, ctx));
    if (answer.kind !== "listed") return later(lost, answer);
    candidates.push(...answer.candidates);
    more = answer.more;
  }
  const owners = await Promise.all(candidates.map(({ taskId }) => ledger.ownerOf(ctx.cell, account.name, taskId)));
  const free = candidates.filter((_, i) => owners[i] === undefined || owners[i] === lost.intent.id);
  const certain = free.filter(({ likeness }) => likeness === "certain");
  const [best, ...others] = certain.length > 0 ? certain : free;
  if (more && best?.likeness !== "certain")
    return { kind: "inconclusive", why: "its provider lists too many tasks since then" };
  if (best === undefined) return { kind: "absent" };
  const alone = others.length === 0 && (best.likeness === "certain" || (await isOnlyUnresolved(account, ctx)));
  // another lost POST may find its own among them meanwhile
  if (!alone && quietLeftMs(lost) > 0) return { kind: "later", inMs: ctx.timing.absencesApartMs };
  return alone
    ? { kind: "found", taskId: best.taskId }
    : {
        kind: "inconclusive",
        why: `several tasks could be its own: ${[best, ...others]
          .map(({ taskId }) => taskId)
          .join(", ")
          .slice(0, 200)}`,
      };
}

function lostSubmitOf({ intent, sentAtMs }: UnresolvedSubmit, page: number, ctx: Context): LostSubmit {
  // The provider's clock may be behind by as much.
  const sinceMs = sentAtMs - ctx.timing.sendingMs;
  return { request: intent.request, idempotencyKey: idempotencyKeyOf(intent), sinceMs, page };
}

/** Two lost POSTs that look alike could be taken for each other, and a customer would get another's video. */
async function isOnlyUnresolved(account: Account, ctx: Context): Promise<boolean> {
  const { lanes } = await ledger.accountStatus(ctx.cell, account.name);
  return lanes.unknown + lanes.review + lanes.submitting <= 1;
}

function later(lost: UnresolvedSubmit, answer: NoAnswer): Resolution {
  switch (answer.kind) {
    case "throttled":
      return { kind: "later", inMs: answer.retryAfterMs ?? 5_000 / lost.intent.account.timeScale };
    case "blocked":
      return { kind: "later", inMs: 60_000 };
    case "unreachable":
      return { kind: "later", inMs: askAgainMs(lost.intent.account) };
  }
}

/**
 * Real ms until a question that got no usable answer is asked again. The wait does not grow: one mangled answer says nothing about the next one,
 * and a provider that is away is left alone by the circuit breaker (ADR 13).
 */
function askAgainMs(account: Account): number {
  return Math.max(5_000 / account.timeScale, circuitBreakerOf(account).waitMs());
}
