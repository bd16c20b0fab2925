import * as ledger from "@reelqueue/ledger";
import type { Progress } from "@reelqueue/providers";
import type { Account } from "../account.ts";
import { callOf } from "../call.ts";
import type { Deps } from "../deps.ts";
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

const fields = ["task", "class", "attempt", "polls", "at", "misses", "trouble", "progress", "seen", "lane"] as const;
/** Answers that come within this time are written together. */
const gatherMs = 10;
const mostPerClaim = 500;

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
  const underWay = trackUnderWay(() => loop.wake());
  const ask = asker(lane, account, deps, freed);
  const loop = startLoop(
    async () => {
      const limit = Math.min(concurrency - underWay.count(), mostPerClaim);
      if (limit <= 0) return maxSleepMs;
      const wish = { limit, leaseMs: deps.timing.lookLeaseMs, bucket: bucketOf(account) };
      const { items, lease, nextInMs = maxSleepMs } = await ledger.claim(deps.cell, lane, account.name, fields, wish);
      turned?.();
      for (const item of items) {
        await deps.reached?.("poll:after-claim", item.id);
        underWay.add(ask(item, lease), (error) => deps.log.error({ err: error, generation: item.id }, notRecorded));
      }
      return Math.min(maxSleepMs, nextInMs);
    },
    (error) =>
      deps.log.warn({ err: error, account: account.name }, "the poller could not ask Redis; it goes on trying"),
  );
  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop();
      await underWay.ended();
    },
  };
}

const notRecorded = "a look at a task could not be recorded; its lease brings it back";

/** Looks at one task and has the answer written, together with those that come at about the same time. */
function asker(lane: "poll" | "watch", account: Account, deps: Deps, freed: (account: string) => void) {
  const answers = batcher<Answer>((batch) => record(lane, batch, account, deps, freed), gatherMs);
  let unanswered = 0;
  return async (watched: Watched, lease: string): Promise<void> => {
    unanswered += 1;
    const progress = await look(watched, account, deps);
    unanswered -= 1;
    await deps.reached?.("poll:after-answer", watched.id);
    deps.meters.polls.inc({ account: account.name, answer: progress.kind });
    // An end frees a slot: where no other answer is under way, it waits for none.
    const urgent = progress.kind !== "pending" && unanswered === 0;
    await answers.add({ watched, lease, progress }, { urgent });
  };
}

async function look(watched: Watched, account: Account, deps: Deps): Promise<Progress> {
  try {
    return await account.provider.poll(watched.task, callOf(account, deps));
  } catch (error) {
    return { kind: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Looking may use the account's rate, but leaves a part of it to new submits. */
function bucketOf({ limits }: Account): { rate: number; burst: number; reserve: number } {
  return { rate: limits.rate, burst: limits.burst, reserve: limits.burst >= 4 ? limits.burst / 4 : 0 };
}
