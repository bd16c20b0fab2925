import type { JobStatus, QueueJobJson } from "@bull-board/api/typings/app";
import type { FailureClass, Generation, State } from "@reelqueue/contracts";
import { type RetryContext, retry } from "@reelqueue/pipeline";
import { redact, scrub } from "@reelqueue/runtime";
import { Refused } from "./actions.ts";
import { shownRequest } from "./hooks.ts";
import { type LedgerJob, readOnlyJob } from "./ledger-adapter.ts";

/** The status of BullMQ under which each state is shown. */
export const statusOf = {
  queued: "waiting",
  preparing: "active",
  submitting: "active",
  unknown: "delayed",
  needs_review: "failed",
  running: "active",
  finalizing: "active",
  succeeded: "completed",
  failed: "failed",
  canceled: "completed",
  expired: "failed",
} as const satisfies Record<State, JobStatus>;

interface JobContext extends RetryContext {
  /** The next reconciliation, for delayed generations. */
  dueAtMs: number | undefined;
}

/** One generation as a job of Bull Board. */
export function generationJob(generation: Generation, { dueAtMs, ...ctx }: JobContext): LedgerJob {
  const json = toJson(generation, dueAtMs);
  return {
    id: generation.id,
    opts: json.opts,
    toJSON: () => json,
    getState: () => Promise.resolve(statusOf[generation.state]),
    retry: () => retryGeneration(generation, ctx),
    ...readOnlyJob,
  };
}

/** Its timeline, then why it waits and what an operator can do about it. */
export function generationLog(generation: Generation): string[] {
  const lines = generation.timeline.map(
    ({ at, state, note }) => `${at}  ${state}${note === undefined ? "" : `: ${note}`}`,
  );
  if (generation.waiting !== undefined) lines.push(`now: ${generation.waiting}`);
  const advice = adviceFor(generation);
  if (advice !== undefined) lines.push(`what to do: ${advice}`);
  return lines.map(scrub);
}

/**
 * Starts a new attempt where that cannot pay twice for one result, or downloads a lost output again; never sends the same
 * attempt again.
 */
async function retryGeneration(generation: Generation, ctx: RetryContext): Promise<void> {
  if (generation.state === "needs_review") throw new Refused(`Not retried: ${adviceFor(generation)}.`);
  const retried = await retry(generation.id, ctx);
  switch (retried.kind) {
    case "queued":
    case "downloading":
      return;
    case "unsafe":
      throw new Refused(`Not retried: ${retried.advice}.`);
    case "conflict":
      throw new Refused(`Nothing to retry: it is ${retried.state}.`);
    case "missing":
      throw new Refused("Nothing to retry: it was purged.");
  }
}

function toJson(generation: Generation, dueAtMs: number | undefined): QueueJobJson {
  const { id, provider, request, attempt, account, createdAt, finishedAt } = generation;
  const timestamp = Date.parse(createdAt);
  const startedAt = startOf(generation);
  const delay = dueAtMs === undefined ? {} : { delay: dueAtMs - timestamp };
  return {
    id,
    name: `${provider} ${request.model}`,
    data: shownRequest(request),
    progress: generation.progress ?? { state: generation.state, waiting: generation.waiting },
    attemptsMade: attempt,
    timestamp,
    ...(startedAt !== undefined && { processedOn: Date.parse(startedAt), processedBy: account }),
    ...(finishedAt !== undefined && { finishedOn: Date.parse(finishedAt) }),
    ...delay,
    failedReason: scrub(reasonOf(generation)),
    stacktrace: explained(generation),
    returnvalue: resultOf(generation),
    opts: { ...factsOf(generation), ...delay },
  };
}

/** When the current attempt was sent. */
function startOf({ timeline }: Generation): string | undefined {
  const queued = timeline.findLastIndex(({ state }) => state === "queued");
  return timeline.slice(queued + 1).find(({ state }) => state === "submitting")?.at;
}

function reasonOf({ state, failure, waiting }: Generation): string {
  if (state === "needs_review") return `needs_review: ${waiting}`;
  if (state === "expired") return "expired: not finished within its expiresIn";
  return state === "failed" && failure ? `${failure.class}: ${failure.message}` : "";
}

/** The page shows this in place of the reason, so it starts with the reason. */
function explained(generation: Generation): string[] | null {
  const advice = adviceFor(generation);
  return advice === undefined ? null : [scrub(`${reasonOf(generation)}\n\nwhat to do: ${advice}`)];
}

/** `key` is shown as `file`: a field whose name ends in `key` is redacted. */
function resultOf({ state, outputs, cost }: Generation): unknown {
  if (state !== "succeeded") return undefined;
  return { outputs: outputs.map(({ key, ...output }) => ({ ...output, file: key })), cost };
}

function factsOf(generation: Generation): object {
  const { state, waiting, account, tenant, taskId, cancelRequested, expiresAt, cost, failure, request } = generation;
  const facts = { state, waiting, account, tenant, taskId, cancelRequested, expiresAt, cost, failure };
  return redact({ ...facts, attempts: request.maxAttempts }) as object;
}

const adviceByClass: Record<FailureClass, string> = {
  rejected:
    "the provider refused the request: correct it and enqueue it again; Retry sends the same request as a new attempt",
  input_refused:
    "change what the provider objects to in the prompt or the media and enqueue it again; the same request is refused again",
  output_refused:
    "the provider objects to the generated video: Retry makes a new paid attempt, whose video may pass; or change the request",
  moderation: "change what the provider objects to and enqueue it again; Retry sends the same request as a new attempt",
  upstream: "the provider failed: Retry makes a new paid attempt",
  unclassified: "read the provider's message; Retry makes a new paid attempt",
  output_lost:
    "it was charged: Retry downloads its video again, without a new attempt; else ask the provider for the file",
  billing_uncertain:
    "it may have been charged: check the provider for its task first, then enqueue it again under another idempotency key",
};

/** What an operator can do about a generation that failed, expired or needs a review. */
function adviceFor({ id, state, failure }: Generation): string | undefined {
  if (state === "needs_review") {
    return `unknown whether it was sent: check the provider for its task, then settle it with ./reelqueue review ${id}`;
  }
  if (state === "expired") return "it took longer than its expiresIn: Retry makes a new paid attempt";
  return state === "failed" && failure ? adviceByClass[failure.class] : undefined;
}
