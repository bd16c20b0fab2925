import type { Failure } from "@reelqueue/contracts";
import type { FinishedTask, GenerationRecord, Streak } from "@reelqueue/ledger";
import type { PollResult } from "@reelqueue/providers";
import type { Account, ProviderClock } from "../accounts.ts";
import type { Blocked } from "../pause-account.ts";
import { fullJitterMs, jittered } from "../timing.ts";
import { nextPollInMs, type ScheduleContext } from "./schedule.ts";

/** One task whose poll is due. */
export interface PolledTask
  extends Pick<
    GenerationRecord,
    "polls" | "missingPolls" | "consecutiveErrors" | "progress" | "ageAtLastPollMs" | "calledAtMs" | "oddStatus"
  > {
  id: string;
  taskId: string;
  runTimeClass: string;
  /** When the generation became `running`. */
  stateChangedAtMs: number;
  lane: "poll" | "watch";
}

/** What follows from a poll: another poll, or a change of the generation's state. */
export type PollDecision =
  | {
      kind: "reschedule";
      nextInMs: number;
      set: Partial<GenerationRecord>;
      /** The account polls nothing for this long. */
      throttleMs?: number;
      blocked?: Blocked;
    }
  | { kind: "finished"; task: FinishedTask; ranMs: number }
  | { kind: "failed"; failure: Failure }
  | { kind: "ended"; state: "canceled" | "expired" }
  /** Older than a task of this provider can run; `why` says after which time, and the last answer. */
  | { kind: "overdue"; why: string };

/** An expired task is watched for a late success: how long and how often (provider's ms). */
const watchForMs = 24 * 3_600_000;
const watchEveryMs = 600_000;

/** A task counts as missing after this many 404s in a row, this far apart (provider's ms). */
const missingApartMs = 30_000;
const missingConfirmed = 3;

interface EvaluateContext extends ScheduleContext {
  /** By the clock of Redis. */
  nowMs: number;
}

/** Decides what one answer means for the generation. Pure but for `ctx.random`. */
export function evaluatePoll(
  task: PolledTask,
  result: PollResult,
  account: Account,
  ctx: EvaluateContext,
): PollDecision {
  const { clock } = account;
  switch (result.kind) {
    case "pending":
      return pending(task, result, account, ctx);
    case "succeeded":
      return finished(task, result, account, ctx.nowMs);
    case "failed":
      return { kind: "failed", failure: result.failure };
    case "canceled":
    case "expired":
      return { kind: "ended", state: result.kind };
    case "missing":
      return missing(task, result.message, account, ctx.nowMs);
    case "throttled": {
      const throttleMs = result.retryAfterMs ?? clock.toRealMs(5_000);
      return { ...again(task, jittered(throttleMs, ctx.random)), throttleMs };
    }
    case "blocked":
      return { ...again(task, 60_000), blocked: result };
    case "unreachable":
      return noUsableAnswer(task, result, account, ctx);
  }
}

type Reschedule = Extract<PollDecision, { kind: "reschedule" }>;

function again({ polls = 0 }: PolledTask, nextInMs: number, set: Reschedule["set"] = {}): Reschedule {
  return { kind: "reschedule", nextInMs, set: { polls: polls + 1, ...set } };
}

/** The age of a task counts after this many answers in a row that cannot be used. */
const unusableConfirmed = 10;

/** A provider that does not answer proves nothing; one that answers, but not usably, is given up at the age limit. */
function noUsableAnswer(
  task: PolledTask,
  { message, unusable }: Extract<PollResult, { kind: "unreachable" }>,
  account: Account,
  ctx: EvaluateContext,
): PollDecision {
  const consecutiveErrors = (task.consecutiveErrors ?? 0) + 1;
  const isConfirmed = unusable && consecutiveErrors >= unusableConfirmed;
  const end = isConfirmed ? endOfAge(task, `last answer: ${message}`, account, ctx) : undefined;
  if (end?.kind === "overdue")
    return { kind: "failed", failure: { class: "output_lost", code: "no_usable_answer", message: end.why } };
  const waitMs = 200 + fullJitterMs(consecutiveErrors, ctx.random, { baseMs: 1_000, capMs: 60_000 });
  return end ?? again(task, account.clock.toRealMs(waitMs), { consecutiveErrors, pollFailure: message });
}

type End = Extract<PollDecision, { kind: "ended" | "overdue" }>;

/** The end of a task that is older than a task can be, or than it is watched; `undefined`: it is not. */
function endOfAge(
  { stateChangedAtMs, lane }: PolledTask,
  last: string,
  { clock, provider }: Account,
  { nowMs }: EvaluateContext,
): End | undefined {
  const longestMs = lane === "watch" ? watchForMs : provider.capabilities.longestRunMs.value;
  if (clock.toProviderMs(nowMs - stateChangedAtMs) <= longestMs) return undefined;
  if (lane === "watch") return { kind: "ended", state: "expired" };
  return { kind: "overdue", why: `given up after ${longestMs / 60_000} min; ${last}` };
}

type Pending = Extract<PollResult, { kind: "pending" }>;

function pending(
  task: PolledTask,
  { progress, status, known }: Pending,
  account: Account,
  ctx: EvaluateContext,
): PollDecision {
  const end = endOfAge(task, `last status ${status}`, account, ctx);
  if (end) return end;
  const ageMs = ctx.nowMs - task.stateChangedAtMs;
  const nextInMs =
    task.lane === "watch"
      ? account.clock.toRealMs(jittered(watchEveryMs, ctx.random))
      : nextPollInMs(account, task.runTimeClass, ageMs, ctx);
  const hasRisen = progress !== undefined && progress > (task.progress ?? 0);
  return again(task, nextInMs, {
    ageAtLastPollMs: ageMs,
    ...(task.missingPolls !== undefined && { missingPolls: { count: 0, atMs: 0 } }),
    ...(task.consecutiveErrors !== undefined && { consecutiveErrors: 0 }),
    // a late answer does not lower it
    ...(hasRisen && { progress: Math.min(100, progress) }),
    ...(!known && task.oddStatus?.status !== status && { oddStatus: { status, atMs: ctx.nowMs } }),
  });
}

function finished(
  { stateChangedAtMs, ageAtLastPollMs = 0 }: PolledTask,
  { outputs, usage, unknownStatus: status }: Extract<PollResult, { kind: "succeeded" }>,
  { clock }: Account,
  nowMs: number,
): PollDecision {
  const until = outputs.map(({ life }) => {
    if (life === undefined) return Number.POSITIVE_INFINITY;
    return "untilMs" in life ? life.untilMs : nowMs + clock.toRealMs(life.lastsMs);
  });
  const finalizePriority = priorityOf(Math.min(...until));
  return {
    kind: "finished",
    task: {
      remoteOutputs: status === undefined ? outputs : outputs.map((output) => ({ ...output, tentative: true })),
      finalizePriority,
      finishedAtMs: nowMs,
      ...(usage !== undefined && { usage }),
      ...(status !== undefined && { oddStatus: { status, atMs: nowMs } }),
    },
    // the task ended between the last poll and this one: the middle is taken
    ranMs: clock.toProviderMs((ageAtLastPollMs + (nowMs - stateChangedAtMs)) / 2),
  };
}

/** Minutes from the start of 2026 until the URL expires. BullMQ takes priorities up to 2,097,151, low first. */
function priorityOf(untilMs: number): number {
  const minutes = Math.floor((untilMs - Date.UTC(2026, 0, 1)) / 60_000);
  return Number.isFinite(minutes) ? Math.min(2_000_000, Math.max(1, minutes)) : 2_000_000;
}

function missing(task: PolledTask, message: string, { clock }: Account, nowMs: number): PollDecision {
  const { missingPolls, confirmed } = countMissing(task.missingPolls, clock, nowMs);
  if (!confirmed) return again(task, clock.toRealMs(missingApartMs), { missingPolls });
  const failure: Failure = {
    class: "output_lost",
    code: "not_found",
    message: `the provider no longer knows this task: ${message}`,
  };
  return { kind: "failed", failure };
}

/** Counts one more 404, unless it comes too soon after the last one that counted. */
export function countMissing(
  { count, atMs }: Streak = { count: 0, atMs: 0 },
  clock: ProviderClock,
  nowMs: number,
): { missingPolls: Streak; confirmed: boolean } {
  const isCounted = count === 0 || nowMs - atMs >= clock.toRealMs(missingApartMs) * 0.99;
  const missingPolls = isCounted ? { count: count + 1, atMs: nowMs } : { count, atMs };
  return { missingPolls, confirmed: missingPolls.count >= missingConfirmed };
}
