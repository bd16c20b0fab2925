import type { Failure } from "@reelqueue/contracts";
import type { FinishedTask, GenerationRecord } from "@reelqueue/ledger";
import type { PollResult, RemoteOutput } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { fullJitterMs, jittered } from "../timing.ts";
import { nextPollInMs } from "./schedule.ts";

/** One task that is due. */
export interface PolledTask
  extends Pick<GenerationRecord, "polls" | "missingPolls" | "consecutiveErrors" | "progress" | "ageAtLastPollMs"> {
  id: string;
  taskId: string;
  runTimeClass: string;
  /** When it began to run. */
  stateChangedAtMs: number;
  lane: "poll" | "watch";
}

/** What an answer means for the generation: poll again, or a change of its state. */
export type PollDecision =
  | {
      kind: "reschedule";
      nextInMs: number;
      set: Partial<GenerationRecord>;
      /** Nothing is asked of the account for so long. */
      throttleMs?: number;
      pause?: "bad key" | "balance";
    }
  | { kind: "finished"; task: FinishedTask; ranMs: number }
  | { kind: "failed"; failure: Failure }
  | { kind: "ended"; state: "canceled" | "expired" }
  /** The provider still says that it runs, after `ranMs` (provider's ms), longer than any task of it can. */
  | { kind: "overdue"; ranMs: number };

/** How long an expired task is watched for a late success, and how often (provider's ms). */
const watchForMs = 24 * 3_600_000;
const watchEveryMs = 600_000;

/** So many 404s in a row, this far apart (provider's ms), are believed. */
const missingApartMs = 30_000;
const missingBelieved = 3;

/** What one answer means; pure. `nowMs` is the clock of Redis. */
export function evaluatePoll(
  task: PolledTask,
  result: PollResult,
  nowMs: number,
  account: Account,
  ctx: Context,
): PollDecision {
  const { timeScale } = account;
  const ageMs = nowMs - task.stateChangedAtMs;
  switch (result.kind) {
    case "pending":
      return pending(task, result.progress, ageMs, account, ctx);
    case "succeeded":
      return finished(task, result, { ageMs, nowMs, timeScale });
    case "failed":
      return { kind: "failed", failure: result.failure };
    case "canceled":
    case "expired":
      return { kind: "ended", state: result.kind };
    case "missing":
      return missing(task, result.message, nowMs, timeScale);
    case "throttled": {
      const throttleMs = result.retryAfterMs ?? 5_000 / timeScale;
      return { ...again(task, jittered(throttleMs, ctx.random)), throttleMs };
    }
    case "blocked":
      return { ...again(task, 60_000), pause: result.reason === "key" ? "bad key" : "balance" };
    case "unreachable": {
      const consecutiveErrors = (task.consecutiveErrors ?? 0) + 1;
      const waitMs = 200 + fullJitterMs(consecutiveErrors, ctx.random, { baseMs: 1_000, capMs: 60_000 });
      return again(task, waitMs / timeScale, { consecutiveErrors });
    }
  }
}

type Reschedule = Extract<PollDecision, { kind: "reschedule" }>;

function again({ polls = 0 }: PolledTask, nextInMs: number, set: Reschedule["set"] = {}): Reschedule {
  return { kind: "reschedule", nextInMs, set: { polls: polls + 1, ...set } };
}

function pending(
  task: PolledTask,
  progress: number | undefined,
  ageMs: number,
  account: Account,
  ctx: Context,
): PollDecision {
  const { timeScale, provider } = account;
  const isWatched = task.lane === "watch";
  const longestMs = isWatched ? watchForMs : provider.capabilities.longestRunMs.value;
  if (ageMs * timeScale > longestMs)
    return isWatched ? { kind: "ended", state: "expired" } : { kind: "overdue", ranMs: longestMs };
  const nextInMs = isWatched
    ? jittered(watchEveryMs, ctx.random) / timeScale
    : nextPollInMs(account, task.runTimeClass, ageMs, ctx);
  const hasRisen = progress !== undefined && progress > (task.progress ?? 0);
  return again(task, nextInMs, {
    ageAtLastPollMs: ageMs,
    ...(task.missingPolls !== undefined && { missingPolls: { count: 0, atMs: 0 } }),
    ...(task.consecutiveErrors !== undefined && { consecutiveErrors: 0 }),
    // an answer that arrives late does not turn it back
    ...(hasRisen && { progress: Math.min(100, progress) }),
  });
}

function finished(
  { ageAtLastPollMs = 0 }: PolledTask,
  { outputs, usage }: { outputs: RemoteOutput[]; usage?: Record<string, number> },
  { ageMs, nowMs, timeScale }: { ageMs: number; nowMs: number; timeScale: number },
): PollDecision {
  const until = outputs.map(({ life }) => {
    if (life === undefined) return Number.POSITIVE_INFINITY;
    return "untilMs" in life ? life.untilMs : nowMs + life.lastsMs / timeScale;
  });
  const finalizePriority = priorityOf(Math.min(...until));
  return {
    kind: "finished",
    task: { remoteOutputs: outputs, finalizePriority, ...(usage !== undefined && { usage }) },
    // it ended somewhere between the last poll and this one: half-way is taken
    ranMs: ((ageAtLastPollMs + ageMs) / 2) * timeScale,
  };
}

/** BullMQ takes priorities up to 2,097,151, low first: minutes since the start of 2026 until the URL dies. */
function priorityOf(untilMs: number): number {
  const minutes = Math.floor((untilMs - Date.UTC(2026, 0, 1)) / 60_000);
  return Number.isFinite(minutes) ? Math.min(2_000_000, Math.max(1, minutes)) : 2_000_000;
}

function missing(task: PolledTask, message: string, nowMs: number, timeScale: number): PollDecision {
  const { count, atMs } = task.missingPolls ?? { count: 0, atMs: 0 };
  const apartMs = missingApartMs / timeScale;
  const isCounted = count === 0 || nowMs - atMs >= apartMs * 0.99;
  const missingPolls = isCounted ? { count: count + 1, atMs: nowMs } : { count, atMs };
  if (missingPolls.count < missingBelieved) return again(task, apartMs, { missingPolls });
  const failure: Failure = {
    class: "output_lost",
    code: "not_found",
    message: `the provider no longer knows this task: ${message}`,
  };
  return { kind: "failed", failure };
}
