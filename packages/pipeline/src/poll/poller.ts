import * as ledger from "@reelqueue/ledger";
import type { PollResult } from "@reelqueue/providers";
import { type Account, pollBucketOf } from "../accounts.ts";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { allOf, type Loop, type Loops, startLoop, trackInFlight } from "../loops.ts";
import { applyDecision } from "./apply.ts";
import { evaluatePoll, type PolledTask } from "./evaluate.ts";
import { reportOddStatus } from "./odd-status.ts";

export interface PollerOptions {
  /** Polls in flight at once, per account and lane. */
  concurrency: number;
  /** The longest sleep while nothing is due, after which a callback or a new task is noticed at the latest. */
  maxSleepMs: number;
  /** Called after every claim that Redis has answered. */
  onTick?: () => void;
}

/** Where polls are due: lane `poll` holds running tasks, `watch` the tasks of expired generations. */
export interface PollSource {
  account: Account;
  lane: "poll" | "watch";
}

/** What a claim reads of a task. */
export const polledFields = [
  "taskId",
  "runTimeClass",
  "polls",
  "stateChangedAtMs",
  "missingPolls",
  "consecutiveErrors",
  "progress",
  "ageAtLastPollMs",
  "calledAtMs",
  "oddStatus",
] as const;
/** Polls that fall due within this time are claimed together. */
const claimEveryMs = 5;
const mostPerClaim = 500;
/** A poller claims only if this share of its concurrency is free. */
const leastFreeShare = 1 / 4;

/** Polls due tasks until disposed, in one loop per account and lane. Any number of processes may run pollers. */
export function startPoller(ctx: Context, options: PollerOptions): Loops {
  const sources = [...ctx.accounts.values()].flatMap((account) =>
    (["poll", "watch"] as const).map((lane): PollSource => ({ account, lane })),
  );
  const loops = sources.map((source) => startPollLoop(source, ctx, options));
  return allOf(loops);
}

function startPollLoop(source: PollSource, ctx: Context, { concurrency, maxSleepMs, onTick }: PollerOptions): Loop {
  const { account, lane } = source;
  let full = false;
  const polls = trackInFlight(() => full && loop.wake());
  const tick = async (): Promise<number> => {
    const room = concurrency - polls.count();
    full = room < concurrency * leastFreeShare;
    if (full) return maxSleepMs;
    const options = {
      fields: polledFields,
      limit: Math.min(room, mostPerClaim),
      leaseMs: ctx.timing.pollLeaseMs,
      bucket: pollBucketOf(account),
    };
    const { items, lease, nextInMs = maxSleepMs } = await ledger.claim(ctx.cell, lane, account.name, options);
    onTick?.();
    for (const item of items) {
      await ctx.crashPoint?.("poll:after-claim", item.id);
      const task = { ...item, taskId: item.taskId ?? "", lane, lease };
      polls.add(pollTask(task, source, ctx), (err) =>
        ctx.log.error(
          { event: "poll.not_recorded", err, generation: item.id },
          "poll not recorded, its lease makes it due again",
        ),
      );
    }
    full = items.length === room;
    return full ? maxSleepMs : Math.min(maxSleepMs, Math.max(nextInMs, claimEveryMs));
  };
  const loop = startLoop(`poll.${lane}.${account.name}`, tick, ctx);
  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop();
      await polls.settled();
    },
  };
}

/** Polls one task once. The ledger batches concurrent writes. */
export async function pollTask(task: PolledTask & { lease: string }, source: PollSource, ctx: Context): Promise<void> {
  const { account, lane } = source;
  using held = holdClaim(lane, account.name, task, ctx);
  const result = await askProvider(task.taskId, account, ctx);
  const lease = held.end();
  await ctx.crashPoint?.("poll:after-answer", task.id);
  const answer = result.kind === "unreachable" && result.unusable ? "unusable" : result.kind;
  ctx.meters.polls.inc({ account: account.name, answer });
  await Promise.all([
    reportOddStatus(task, result, source, ctx),
    ctx.runTimes.load(account, [task.runTimeClass]),
    ctx.callbackTrust.load(account),
  ]);
  // the clock of Redis, when the task was claimed or its lease renewed last
  const nowMs = Number(lease) - ctx.timing.pollLeaseMs;
  const decision = evaluatePoll(task, result, account, { ...ctx, nowMs });
  await applyDecision({ ...task, lease }, decision, account, ctx);
}

async function askProvider(taskId: string, account: Account, ctx: Context): Promise<PollResult> {
  try {
    return await account.provider.poll(taskId, callOf(account, ctx));
  } catch (error) {
    return { kind: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}
