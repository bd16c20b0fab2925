import * as ledger from "@reelqueue/ledger";
import type { Progress } from "@reelqueue/providers";
import type { Account } from "../account.ts";
import { callOf } from "../call.ts";
import type { Deps } from "../deps.ts";
import { holdLook } from "../hold-look.ts";
import { type Loop, startLoop } from "../loop.ts";
import { trackUnderWay } from "../under-way.ts";
import { batcher } from "./batcher.ts";
import type { Watched } from "./judge.ts";
import { record } from "./record.ts";

export interface PollerOptions {
  /** Look-ups under way at once, per account. */
  concurrency: number;
  /** The longest sleep when nothing is due; a callback or a new task is noticed within it. */
  maxSleepMs: number;
  /** Called when a loop has turned and Redis has answered. */
  turned?: () => void;
}

/** Looks at tasks when they are due, until disposed. One loop per account and lane; any number of processes may run them. */
export interface Poller extends AsyncDisposable {
  /** Look now rather than at the next timer. */
  wake(): void;
}

export interface Answer {
  watched: Watched;
  lease: string;
  progress: Progress;
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
/** Answers that come within this time are written together. */
const gatherMs = 10;
/** Looks that come due within this time are claimed together. */
const apartMs = 5;
const mostPerClaim = 500;
/** Of a poller that is busy, a quarter must be free before it claims again. */
const worthAClaim = 4;

export function startPoller(deps: Deps, freed: (account: string) => void, options: PollerOptions): Poller {
  const loops = [...deps.accounts.values()].flatMap((account) =>
    (["poll", "watch"] as const).map((lane) => pollLoop(lane, account, deps, freed, options)),
  );
  return {
    wake: () => {
      for (const loop of loops) loop.wake();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

function pollLoop(
  lane: "poll" | "watch",
  account: Account,
  deps: Deps,
  freed: (account: string) => void,
  { concurrency, maxSleepMs, turned }: PollerOptions,
): Loop {
  let full = false;
  const looking = trackUnderWay(() => full && loop.wake());
  const writing = trackUnderWay(() => {});
  const answers = batcher<Answer>((batch) => record(lane, batch, account, deps, freed), gatherMs);
  const failed = (id: string) => (err: unknown) => deps.log.error({ err, generation: id }, notRecorded);

  const ask = async (watched: Watched, claimed: string): Promise<void> => {
    const held = holdLook(lane, account.name, { id: watched.id, lease: claimed }, deps);
    const progress = await look(watched, account, deps);
    const lease = held.end();
    await deps.reached?.("poll:after-answer", watched.id);
    deps.meters.polls.inc({ account: account.name, answer: progress.kind });
    // An end frees a slot: where no other answer is under way, it waits for none.
    const urgent = progress.kind !== "pending" && looking.count() === 1;
    writing.add(answers.add({ watched, lease, progress }, { urgent }), failed(watched.id));
  };

  const loop = startLoop(
    async () => {
      const room = concurrency - looking.count();
      full = room < concurrency / worthAClaim;
      if (full) return maxSleepMs;
      const limit = Math.min(room, mostPerClaim);
      const wish = { limit, leaseMs: deps.timing.lookLeaseMs, bucket: bucketOf(account) };
      const { items, lease, nextInMs = maxSleepMs } = await ledger.claim(deps.cell, lane, account.name, fields, wish);
      turned?.();
      for (const item of items) {
        await deps.reached?.("poll:after-claim", item.id);
        looking.add(ask({ ...item, taskId: item.taskId ?? "", lane }, lease), failed(item.id));
      }
      full = items.length === room;
      return full ? maxSleepMs : Math.min(maxSleepMs, Math.max(nextInMs, apartMs));
    },
    (error) =>
      deps.log.warn({ err: error, account: account.name }, "the poller could not ask Redis; it goes on trying"),
  );
  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop();
      await looking.ended();
      await writing.ended();
    },
  };
}

const notRecorded = "a look at a task could not be recorded; its lease brings it back";

async function look(watched: Watched, account: Account, deps: Deps): Promise<Progress> {
  try {
    return await account.provider.poll(watched.taskId, callOf(account, deps));
  } catch (error) {
    return { kind: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Looks have a bucket of their own where the provider counts them apart; else they use the account's, and leave a part of it to new submits. */
function bucketOf({ limits, looks }: Account): NonNullable<ledger.ClaimOptions["bucket"]> {
  if (looks !== undefined) return { of: "looks", rate: looks.rate, burst: looks.burst, reserve: 0 };
  return {
    of: "tokens",
    rate: limits.rate,
    burst: limits.burst,
    reserve: limits.burst >= 4 ? limits.burst / 4 : 0,
  };
}
