import type { GenerationRequest, HandOver } from "@reelqueue/contracts";
import { operationToken } from "@reelqueue/ledger";
import type { Submitted } from "@reelqueue/providers";
import type { Verdict } from "@reelqueue/queue";
import type { Account } from "../accounts.ts";
import type { Deps } from "../context.ts";
import { holdLease } from "../leases.ts";
import { prepareFirst } from "../upload/files.ts";
import { begin } from "./intent.ts";
import { countAnswer, settle } from "./outcome.ts";
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
export async function submit(handOver: HandOver, deps: Deps, freed: (account: string) => void): Promise<Verdict> {
  const why = deps.unsafe();
  if (why !== undefined) return { kind: "again", afterMs: 5_000 };

  if (await prepareFirst(handOver, deps, freed)) return { kind: "done", note: "its media are uploaded first" };

  await deps.reached?.("submit:before-intent", handOver.generation);
  const startedAt = performance.now();
  const token = operationToken();
  const { submitLeaseMs: leaseMs, sendingMs: atMostMs } = deps.timing;
  // held from before the intent: until a replica has it, that may take seconds
  using _ = holdLease(handOver, { lane: "submitting", leaseMs, atMostMs }, deps);
  const begun = await begin(handOver, token, deps);
  if (begun.kind === "over") return { kind: "done", note: begun.note };
  const { intent } = begun;
  await deps.reached?.("submit:after-intent", intent.id);

  // known by the time the answer is there
  void deps.runTimes.meet(intent.account, [intent.runTimeClass]);
  const outcome = await send(intent, startedAt, deps);
  await deps.reached?.("submit:after-answer", intent.id);

  deps.meters.submits.inc({ account: intent.account.name, outcome: outcome.kind });
  const verdict = await settle(intent, outcome, deps);
  await countAnswer(intent.account, outcome.kind === "unknown", deps);
  await deps.reached?.("submit:after-bind", intent.id);
  freed(intent.account.name);
  return verdict;
}

/** The one POST, unless it must not leave any more. */
async function send(intent: Intent, startedAt: number, deps: Deps): Promise<Submitted> {
  if (intent.callbackTaskId !== undefined) {
    return { kind: "unknown", message: "a callback named a task of this attempt", evidence: intent.callbackTaskId };
  }
  return performance.now() - startedAt > deps.timing.startBudgetMs
    ? { kind: "unsent", message: "the worker stood still between intent and POST" }
    : post(intent, deps);
}
