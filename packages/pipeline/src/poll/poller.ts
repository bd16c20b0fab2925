import * as ledger from "@reelqueue/ledger";
import type { PollResult } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callOf } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { type Loop, startLoop, trackInFlight } from "../loops.ts";
import { applyDecision } from "./apply.ts";
import { evaluatePoll, type PolledTask } from "./evaluate.ts";

export interface PollerOptions {
  /** Polls in flight at once, per account and lane. */
  concurrency: number;
  /** The longest sleep while nothing is due; a callback or a new task is noticed within it. */
  maxSleepMs: number;
  /** Called when a loop has turned and Redis has answered. */
  onTick?: () => void;
}

export interface Poller extends AsyncDisposable {
  /** Poll now what is due rather than at the next timer. */
  wake(): void;
}

/** Where polls are due: `poll` of a task that runs, `watch` of one whose generation has expired. */
export interface PollSource {
  account: Account;
  lane: "poll" | "watch";
}

const fields = [
  "taskId",
  "runTimeClass",
  "polls",
  "stateChangedAtMs",
  "missingPolls",
  "consecutiveErrors",
  "progress",
  "ageAtLastPollMs",
] as const;
/** Polls that fall due within this time are claimed together. */
const claimEveryMs = 5;
const mostPerClaim = 500;
/** Of a poller that is busy, a quarter must be free before it claims again. */
const worthAClaim = 4;

/** Polls tasks when they are due, until disposed. One loop for each account and lane; any number of processes may run them. */
export function startPoller(deps: Context, freed: (account: string) => void, options: PollerOptions): Poller {
  const sources = [...deps.accounts.values()].flatMap((account) =>
    (["poll", "watch"] as const).map((lane): PollSource => ({ account, lane })),
  );
  const loops = sources.map((source) => startPollLoop(source, deps, freed, options));
  return {
    wake: () => {
      for (const loop of loops) loop.wake();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

function startPollLoop(
  source: PollSource,
  deps: Context,
  freed: (account: string) => void,
  { concurrency, maxSleepMs, onTick }: PollerOptions,
): Loop {
  const { account, lane } = source;
  let full = false;
  const polls = trackInFlight(() => full && loop.wake());
  const tick = async (): Promise<number> => {
    const room = concurrency - polls.count();
    full = room < concurrency / worthAClaim;
    if (full) return maxSleepMs;
    const options = {
      limit: Math.min(room, mostPerClaim),
      leaseMs: deps.timing.pollLeaseMs,
      bucket: bucketOf(account),
    };
    const { items, lease, nextInMs = maxSleepMs } = await ledger.claim(deps.cell, lane, account.name, fields, options);
    onTick?.();
    for (const item of items) {
      await deps.crashPoint?.("poll:after-claim", item.id);
      const task = { ...item, taskId: item.taskId ?? "", lane, lease };
      polls.add(pollTask(task, source, deps, freed), (err) =>
        deps.log.error({ err, generation: item.id }, "a poll could not be written; its lease brings it back"),
      );
    }
    full = items.length === room;
    return full ? maxSleepMs : Math.min(maxSleepMs, Math.max(nextInMs, claimEveryMs));
  };
  const loop = startLoop(tick, (error) =>
    deps.log.warn({ err: error, account: account.name }, "the poller could not ask Redis; it goes on trying"),
  );
  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop();
      await polls.ended();
    },
  };
}

/** One poll of one task. What is written at the same moment is gathered by the ledger. */
async function pollTask(
  task: PolledTask & { lease: string },
  source: PollSource,
  deps: Context,
  freed: (account: string) => void,
): Promise<void> {
  const { account, lane } = source;
  using held = holdClaim(lane, account.name, task, deps);
  const result = await askProvider(task.taskId, account, deps);
  const lease = held.end();
  await deps.crashPoint?.("poll:after-answer", task.id);
  deps.meters.polls.inc({ account: account.name, answer: result.kind });
  if (result.kind === "pending" && !result.known) deps.meters.unknownStatuses.inc({ account: account.name });
  await deps.runTimes.load(account, [task.runTimeClass]);
  // by the clock of Redis, when the task was claimed or its lease renewed
  const nowMs = Number(lease) - deps.timing.pollLeaseMs;
  const decision = evaluatePoll(task, result, nowMs, account, deps);
  await applyDecision({ ...task, lease }, decision, account, deps, freed);
}

async function askProvider(taskId: string, account: Account, deps: Context): Promise<PollResult> {
  try {
    return await account.provider.poll(taskId, callOf(account, deps));
  } catch (error) {
    return { kind: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Polls have a bucket of their own where the provider counts them apart; else they use the account's, and leave a part of it to submits. */
function bucketOf({ limits, polls: looks }: Account): NonNullable<ledger.ClaimOptions["bucket"]> {
  if (looks !== undefined) return { of: "looks", rate: looks.rate, burst: looks.burst, reserve: 0 };
  const { rate, burst } = limits;
  return { of: "tokens", rate, burst, reserve: burst >= 4 ? burst / 4 : 0 };
}
