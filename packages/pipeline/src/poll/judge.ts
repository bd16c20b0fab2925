import type { Failure } from "@reelqueue/contracts";
import type { FinishedTask, GenerationRecord, Look } from "@reelqueue/ledger";
import type { Progress, RemoteOutput } from "@reelqueue/providers";
import type { Account } from "../account.ts";
import { fullJitterMs, jittered } from "../backoff.ts";
import type { Deps } from "../deps.ts";
import { lookInMs } from "./schedule.ts";

/** One claimed task. */
export interface Watched
  extends Pick<GenerationRecord, "polls" | "missingPolls" | "consecutiveErrors" | "progress" | "ageAtLastPollMs"> {
  id: string;
  taskId: string;
  runTimeClass: string;
  /** When it began to run. */
  stateChangedAtMs: number;
  lane: "poll" | "watch";
}

/** What an answer means for the generation: look again, or a change of its state. */
export type Judgement =
  | { kind: "look"; look: Look; throttleMs?: number; pause?: "bad key" | "balance" }
  | { kind: "finished"; task: FinishedTask; ranMs: number }
  | { kind: "failed"; failure: Failure }
  | { kind: "ended"; state: "canceled" | "expired" };

/** How long an expired task is watched for a late success, and how often (provider's ms). */
const watchForMs = 24 * 3_600_000;
const watchEveryMs = 600_000;

/** Three misses in a row, this far apart (provider's ms), are believed. */
const missApartMs = 30_000;
const missesBelieved = 3;

/** Judges one answer. `nowMs` is Redis' clock. */
export function judge(watched: Watched, progress: Progress, nowMs: number, account: Account, deps: Deps): Judgement {
  const ageMs = nowMs - watched.stateChangedAtMs;
  const polls = (watched.polls ?? 0) + 1;
  const look = (nextInMs: number, set: Look["set"]): Look => ({ id: watched.id, nextInMs, set: { polls, ...set } });
  switch (progress.kind) {
    case "pending":
      return pending(watched, progress.progress, ageMs, account, deps, look);
    case "succeeded":
      return finished(watched, progress, { ageMs, nowMs, timeScale: account.timeScale });
    case "failed":
      return { kind: "failed", failure: progress.failure };
    case "canceled":
    case "expired":
      return { kind: "ended", state: progress.kind };
    case "missing":
      return missed(watched, progress.message, nowMs, account, look);
    case "throttled": {
      const throttleMs = progress.retryAfterMs ?? 5_000 / account.timeScale;
      return { kind: "look", look: look(jittered(throttleMs, deps.random), {}), throttleMs };
    }
    case "blocked":
      return { kind: "look", look: look(60_000, {}), pause: progress.reason === "key" ? "bad key" : "balance" };
    case "unreachable": {
      const consecutiveErrors = (watched.consecutiveErrors ?? 0) + 1;
      const wait = fullJitterMs(consecutiveErrors, deps.random, { baseMs: 1_000, capMs: 60_000 }) / account.timeScale;
      return { kind: "look", look: look(200 / account.timeScale + wait, { consecutiveErrors }) };
    }
  }
}

function pending(
  watched: Watched,
  progress: number | undefined,
  ageMs: number,
  account: Account,
  deps: Deps,
  look: (nextInMs: number, set: Look["set"]) => Look,
): Judgement {
  const providerAgeMs = ageMs * account.timeScale;
  const longest = watched.lane === "watch" ? watchForMs : account.provider.capabilities.longestRunMs.value;
  if (providerAgeMs > longest) return { kind: "ended", state: "expired" };
  const nextInMs =
    watched.lane === "watch"
      ? jittered(watchEveryMs, deps.random) / account.timeScale
      : lookInMs(account, watched.runTimeClass, ageMs, deps);
  const none = { count: 0, atMs: 0 };
  const calm = {
    ...(watched.missingPolls !== undefined && { missingPolls: none }),
    ...(watched.consecutiveErrors !== undefined && { consecutiveErrors: 0 }),
  };
  return {
    kind: "look",
    look: look(nextInMs, { ageAtLastPollMs: ageMs, ...calm, ...risen(watched, progress) }),
  };
}

/** Progress only rises: an answer that arrives late does not turn it back. */
function risen(watched: Watched, progress: number | undefined): Look["set"] {
  return progress !== undefined && progress > (watched.progress ?? 0) ? { progress: Math.min(100, progress) } : {};
}

function finished(
  { ageAtLastPollMs = 0 }: Watched,
  { outputs, usage }: { outputs: RemoteOutput[]; usage?: Record<string, number> },
  { ageMs, nowMs, timeScale }: { ageMs: number; nowMs: number; timeScale: number },
): Judgement {
  const until = outputs.map(({ life }) => {
    if (life === undefined) return Number.POSITIVE_INFINITY;
    return "untilMs" in life ? life.untilMs : nowMs + life.lastsMs / timeScale;
  });
  const finalizePriority = urgencyOf(Math.min(...until));
  return {
    kind: "finished",
    task: { remoteOutputs: outputs, finalizePriority, ...(usage !== undefined && { usage }) },
    // It ended somewhere between the last look and this one: half-way is taken.
    ranMs: ((ageAtLastPollMs + ageMs) / 2) * timeScale,
  };
}

/** BullMQ takes priorities up to 2,097,151, low first: minutes since the start of 2026 until the URL dies. */
function urgencyOf(untilMs: number): number {
  const minutes = Math.floor((untilMs - Date.UTC(2026, 0, 1)) / 60_000);
  return Number.isFinite(minutes) ? Math.min(2_000_000, Math.max(1, minutes)) : 2_000_000;
}

function missed(
  watched: Watched,
  message: string,
  nowMs: number,
  account: Account,
  look: (nextInMs: number, set: Look["set"]) => Look,
): Judgement {
  const { count, atMs: last } = watched.missingPolls ?? { count: 0, atMs: 0 };
  const apart = missApartMs / account.timeScale;
  const counted = count === 0 || nowMs - last >= apart * 0.99 ? count + 1 : count;
  if (counted >= missesBelieved) {
    return {
      kind: "failed",
      failure: {
        class: "output_lost",
        code: "not_found",
        message: `the provider no longer knows this task: ${message}`,
      },
    };
  }
  return {
    kind: "look",
    look: look(apart, { missingPolls: { count: counted, atMs: counted > count ? nowMs : last } }),
  };
}
