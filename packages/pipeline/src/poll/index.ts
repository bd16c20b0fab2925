import * as ledger from "@reelqueue/ledger";
import type { Progress } from "@reelqueue/providers";
import type { Account } from "../account.ts";
import type { Deps } from "../deps.ts";
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

const fields = ["task", "class", "attempt", "polls", "at", "misses", "trouble", "progress", "seen", "lane"] as const;
type Claim = ledger.Claimed<(typeof fields)[number]>;

export function startPoller(deps: Deps, freed: (account: string) => void, options: PollerOptions): Poller {
  const accounts = [...deps.accounts.values()];
  const loops = accounts.flatMap((account) =>
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
) {
  const stopping = new AbortController();
  let asking = 0;
  let signalWake = () => {};
  const written = batcher<Answer>((answers) => record(lane, answers, account, deps, freed), 10);

  const ask = async (watched: Watched, lease: string): Promise<void> => {
    asking += 1;
    try {
      const progress = await look(watched, account, deps);
      await deps.reached?.("poll:after-answer", watched.id);
      deps.meters.polls.inc({ account: account.name, answer: progress.kind });
      await written.add({ watched, lease, progress });
    } finally {
      asking -= 1;
      signalWake();
    }
  };

  const turn = async (): Promise<number> => {
    const room = concurrency - asking;
    if (room <= 0) return maxSleepMs;
    const claimed: Claim = await ledger.claim(deps.cell, lane, account.name, fields, {
      limit: Math.min(room, 500),
      leaseMs: deps.timing.lookLeaseMs,
      bucket: bucketOf(account),
    });
    turned?.();
    for (const item of claimed.items) {
      await deps.reached?.("poll:after-claim", item.id);
      void ask(item, claimed.lease).catch((error) =>
        deps.log.error(
          { err: error, generation: item.id },
          "a look at a task could not be recorded; its lease brings it back",
        ),
      );
    }
    return Math.min(maxSleepMs, claimed.nextInMs ?? maxSleepMs);
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      const wake = new Promise<void>((resolve) => {
        signalWake = resolve;
      });
      const sleepMs = await turn().catch((error) => {
        deps.log.warn({ err: error, account: account.name }, "the poller could not ask Redis; it goes on trying");
        return 1_000;
      });
      await Promise.race([sleep(sleepMs, stopping.signal), wake]);
    }
    await written.drained();
  })();

  return {
    wake: () => signalWake(),
    stop: async () => {
      stopping.abort();
      signalWake();
      await running;
    },
  };
}

export interface Answer {
  watched: Watched;
  lease: string;
  progress: Progress;
}

async function look(watched: Watched, account: Account, deps: Deps): Promise<Progress> {
  try {
    return await account.provider.poll(watched.task, {
      http: deps.http,
      baseUrl: account.baseUrl,
      key: account.key.reveal(),
      signal: AbortSignal.timeout(deps.timing.lookMs),
    });
  } catch (error) {
    return { kind: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Looking may use the account's rate, but leaves a part of it to new submits. */
function bucketOf({ limits }: Account): { rate: number; burst: number; reserve: number } {
  return { rate: limits.rate, burst: limits.burst, reserve: limits.burst >= 4 ? limits.burst / 4 : 0 };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(1, ms));
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
