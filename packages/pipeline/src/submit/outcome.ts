import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { SubmitResult } from "@reelqueue/providers";
import type { JobResult } from "@reelqueue/queue";
import type { Account } from "../accounts.ts";
import { circuitBreakerOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { insist } from "../insist.ts";
import { firstPollInMs } from "../poll/schedule.ts";
import { fullJitterMs } from "../timing.ts";
import type { Intent } from "./submit.ts";
/** Writes what came of a POST; held in memory and tried again for as long as Redis is away. */
export async function storeResult(intent: Intent, outcome: SubmitResult, deps: Context): Promise<JobResult> {
  const of = { generation: intent.id, account: intent.account.name };
  switch (outcome.kind) {
    case "accepted":
      return bind(intent, outcome.taskId, deps);
    case "rejected":
      await fail(intent, outcome.failure, deps);
      deps.log.info({ ...of, failure: outcome.failure }, "rejected by the provider");
      return { kind: "stop", reason: `${outcome.failure.class}: ${outcome.failure.message}` };
    case "blocked":
      await insist(deps, () => pauseAccount(intent, outcome.reason, deps));
      deps.meters.alarms.inc({ kind: `account-${outcome.reason}` });
      deps.log.error({ ...of, reason: outcome.reason }, `account paused: ${outcome.message}`);
      return requeue(intent, outcome.message, { lane: "backlog" }, deps);
    case "throttled":
      await insist(deps, () =>
        ledger.throttle(deps.cell, intent.account.name, outcome.retryAfterMs ?? 5_000 / intent.account.timeScale),
      );
      return requeue(intent, outcome.message, { lane: "backlog" }, deps);
    case "unsent": {
      const inMs = fullJitterMs(intent.requeues, deps.random, { baseMs: 2_000, capMs: 300_000 });
      // while the provider is away, the others need not find that out one by one
      const awayMs = circuitBreakerOf(intent.account).waitMs();
      if (awayMs > 0) await insist(deps, () => ledger.throttle(deps.cell, intent.account.name, awayMs));
      return requeue(intent, outcome.message, { lane: "backoff", inMs }, deps);
    }
    case "unknown":
      return markUnknown(intent, outcome, deps);
  }
}

/** The task is ours: bound to the generation once and for all. A late answer still finds its generation while that is unresolved. */
export async function bind(intent: Intent, taskId: string, deps: Context): Promise<JobResult> {
  const of = { generation: intent.id, account: intent.account.name, taskId };
  const inMs = firstPollInMs(intent.account, intent.runTimeClass, deps);
  const moved = await insist(deps, () => deps.transitions.bind(intent, taskId, inMs));
  switch (moved.kind) {
    case "moved":
    case "already":
      deps.log.info(of, "task created");
      return { kind: "done", note: taskId };
    case "taken":
      deps.meters.alarms.inc({ kind: "task-taken" });
      deps.log.error({ ...of, by: moved.by }, "the provider gave a task id that belongs to another generation");
      return markUnknown(intent, { message: `task id ${taskId} belongs to ${moved.by}`, evidence: taskId }, deps);
    case "orphaned":
      deps.meters.alarms.inc({ kind: "orphan" });
      deps.log.error(
        { ...of, state: moved.state },
        "a task came to light that the generation cannot take any more; it is listed among the orphans",
      );
      return { kind: "done", note: "a task that is not wanted any more: see orphans" };
    default:
      deps.log.warn({ ...of, moved }, "the answer came after its generation had moved on");
      return { kind: "done", note: `came late: ${moved.kind}` };
  }
}

function pauseAccount(intent: Intent, reason: "key" | "balance", deps: Context): Promise<void> {
  return ledger.pause(deps.cell, intent.account.name, reason === "key" ? "bad key" : "balance", { automatic: true });
}

async function fail(intent: Intent, failure: Failure, deps: Context): Promise<void> {
  await insist(deps, () => deps.transitions.reject(intent, failure));
  deps.meters.ends.inc({ account: intent.account.name, state: "failed" });
}

type Due = Parameters<ledger.Transitions["requeue"]>[2];

async function requeue(intent: Intent, why: string, due: Due, deps: Context): Promise<JobResult> {
  const note = `not sent: ${why}`;
  await insist(deps, () => deps.transitions.requeue(intent, note, due, intent.requeues + 1));
  return { kind: "done", note };
}

async function markUnknown(
  intent: Intent,
  { message, evidence }: { message: string; evidence: string },
  deps: Context,
): Promise<JobResult> {
  const unknownReason = `${message}: ${evidence}`.slice(0, 500).toWellFormed();
  const moved = await insist(deps, () => deps.transitions.markUnknown(intent, { note: message, unknownReason }, 1_000));
  deps.log.warn(
    { generation: intent.id, account: intent.account.name, moved: moved.kind },
    `no certain answer to a POST: ${message}`,
  );
  return { kind: "done", note: `unknown: ${message}` };
}

/** So many lost answers in a row, with no other answer between, are the provider's trouble and not bad luck. */
const streak = 10;
const lostStreaks = new WeakMap<Account, number>();

/**
 * Counts what the answers of an account are like. Where nothing but a person can settle a lost one, a provider that loses them all would cost
 * a review for every row: the account is paused instead, until somebody has looked.
 */
export async function pauseAfterLostStreak(account: Account, lost: boolean, deps: Context): Promise<void> {
  if (account.provider.reconcile.length > 0) return;
  const count = lost ? (lostStreaks.get(account) ?? 0) + 1 : 0;
  lostStreaks.set(account, count);
  if (count < streak) return;
  await ledger.pause(
    deps.cell,
    account.name,
    `${streak} answers in a row were lost; look at the provider, then resume it`,
    { automatic: true },
  );
  deps.meters.alarms.inc({ kind: "losing-streak" });
  deps.log.error({ account: account.name }, `account paused: ${streak} answers in a row were lost`);
}
