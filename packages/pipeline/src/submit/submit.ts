import type { GenerationRequest, JobRef } from "@reelqueue/contracts";
import { operationToken } from "@reelqueue/ledger";
import type { SubmitResult } from "@reelqueue/providers";
import type { JobResult } from "@reelqueue/queue";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdJobLease } from "../leases.ts";
import { startUploadIfNeeded } from "../upload/files.ts";
import { beginIntent } from "./intent.ts";
import { pauseAfterLostStreak, storeResult } from "./outcome.ts";
import { post } from "./post.ts";

/** An intent that is on disk: from here on somebody may be paying. */
export interface Intent {
  id: string;
  account: Account;
  attempt: number;
  runTimeClass: string;
  /** POSTs of this attempt that were given back so far. */
  requeues: number;
  request: GenerationRequest;
  /** A task of this attempt that a callback named. */
  callbackTaskId?: string;
  token: string;
}

/**
 * Creates the paid task of one generation, at most once: the intent is durable before the first byte leaves,
 * and an answer that may hide a task is `unknown`, which is never blindly sent again.
 */
export async function submit(handOver: JobRef, deps: Context, freed: (account: string) => void): Promise<JobResult> {
  const why = deps.submitRefusal();
  if (why !== undefined) return { kind: "again", afterMs: 5_000 };

  if (await startUploadIfNeeded(handOver, deps, freed)) return { kind: "done", note: "its media are uploaded first" };

  await deps.crashPoint?.("submit:before-intent", handOver.generation);
  const startedAt = performance.now();
  const token = operationToken();
  const { submitLeaseMs: leaseMs, sendingMs: atMostMs } = deps.timing;
  // held from before the intent: until a replica has it, that may take seconds
  using _ = holdJobLease(handOver, { lane: "submitting", leaseMs, atMostMs }, deps);
  const begun = await beginIntent(handOver, token, deps);
  if (begun.kind === "over") return { kind: "done", note: begun.note };
  const { intent } = begun;
  await deps.crashPoint?.("submit:after-intent", intent.id);

  // known by the time the answer is there
  void deps.runTimes.load(intent.account, [intent.runTimeClass]);
  const outcome = await send(intent, startedAt, deps);
  await deps.crashPoint?.("submit:after-answer", intent.id);

  deps.meters.submits.inc({ account: intent.account.name, outcome: outcome.kind });
  const verdict = await storeResult(intent, outcome, deps);
  await pauseAfterLostStreak(intent.account, outcome.kind === "unknown", deps);
  await deps.crashPoint?.("submit:after-bind", intent.id);
  freed(intent.account.name);
  return verdict;
}

/** The one POST, unless it must not leave any more. */
async function send(intent: Intent, startedAt: number, deps: Context): Promise<SubmitResult> {
  if (intent.callbackTaskId !== undefined) {
    return { kind: "unknown", message: "a callback named a task of this attempt", evidence: intent.callbackTaskId };
  }
  return performance.now() - startedAt > deps.timing.startBudgetMs
    ? { kind: "unsent", message: "the worker stood still between intent and POST" }
    : post(intent, deps);
}
