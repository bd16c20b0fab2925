import type { JobStatus, QueueJobJson } from "@bull-board/api/typings/app";
import type { Generation, State } from "@reelqueue/contracts";
import { type Context, retry } from "@reelqueue/pipeline";
import { redact, scrub } from "@reelqueue/runtime";
import { adviceFor } from "./advice.ts";
import { type LedgerJob, untouchable } from "./ledger-adapter.ts";
import { Refused } from "./refused.ts";
import { shownRequest } from "./shown.ts";

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

type RetryDeps = Pick<Context, "cell" | "transitions">;

interface JobDeps extends RetryDeps {
  /** When it is looked at again, for those that are delayed. */
  dueAtMs: number | undefined;
}

/** One generation as a job of Bull Board. */
export function generationJob(generation: Generation, { dueAtMs, ...deps }: JobDeps): LedgerJob {
  const json = toJson(generation, dueAtMs);
  return {
    id: generation.id,
    opts: json.opts,
    toJSON: () => json,
    getState: () => Promise.resolve(statusOf[generation.state]),
    retry: () => retryGeneration(generation, deps),
    ...untouchable,
  };
}

/** Its timeline, then why it waits and what can be done about it. */
export function generationLog(generation: Generation): string[] {
  const lines = generation.timeline.map(
    ({ at, state, note }) => `${at}  ${state}${note === undefined ? "" : `: ${note}`}`,
  );
  if (generation.waiting !== undefined) lines.push(`now: ${generation.waiting}`);
  const advice = adviceFor(generation);
  if (advice !== undefined) lines.push(`what to do: ${advice}`);
  return lines.map(scrub);
}

/** A new attempt where that cannot pay twice for one result; nothing else, and never a second POST of the same attempt. */
async function retryGeneration(generation: Generation, deps: RetryDeps): Promise<void> {
  if (generation.state === "needs_review") throw new Refused(`Not retried: ${adviceFor(generation)}.`);
  const retried = await retry(generation.id, deps);
  switch (retried.kind) {
    case "queued":
      return;
    case "unsafe":
      throw new Refused(`Not retried: ${retried.advice}.`);
    case "conflict":
      throw new Refused(`Nothing to retry: it is ${retried.state}.`);
    case "missing":
      throw new Refused("Nothing to retry: it is gone.");
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

/** When the present attempt was sent. */
function startOf({ timeline }: Generation): string | undefined {
  const queued = timeline.findLastIndex(({ state }) => state === "queued");
  return timeline.slice(queued + 1).find(({ state }) => state === "submitting")?.at;
}

function reasonOf({ state, failure, waiting }: Generation): string {
  if (state === "needs_review") return `needs_review: ${waiting}`;
  if (state === "expired") return "expired: it was not finished within its expiresIn";
  return state === "failed" && failure ? `${failure.class}: ${failure.message}` : "";
}

/** The page shows this in place of the reason, so it begins with it. */
function explained(generation: Generation): string[] | null {
  const advice = adviceFor(generation);
  return advice === undefined ? null : [scrub(`${reasonOf(generation)}\n\nwhat to do: ${advice}`)];
}

/** The field is called `file`, as a name that ends in `key` counts as a secret. */
function resultOf({ state, outputs, cost }: Generation): unknown {
  if (state !== "succeeded") return undefined;
  return { outputs: outputs.map(({ key, ...output }) => ({ ...output, file: key })), cost };
}

function factsOf(generation: Generation): object {
  const { state, waiting, account, tenant, taskId, cancelRequested, expiresAt, cost, failure, request } = generation;
  const facts = { state, waiting, account, tenant, taskId, cancelRequested, expiresAt, cost, failure };
  return redact({ ...facts, attempts: request.maxAttempts }) as object;
}
