import type { Account } from "./accounts.ts";
import type { Context } from "./context.ts";

export interface Loop {
  /** Runs the next tick at once; during a tick, right after it. */
  wake(): void;
  /** Resolves when the current tick has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `tick` until stopped. `tick` returns the ms until the next run; a rejected tick is logged and retried after
 * 1,000 ms.
 */
export function startLoop(name: string, tick: () => Promise<number>, { log }: Pick<Context, "log">): Loop {
  let stopped = false;
  let woken = Promise.withResolvers<void>();
  const tickOnce = async (): Promise<number> => {
    try {
      return await tick();
    } catch (err) {
      log.warn({ event: "loop.failed", loop: name, err }, "loop failed, retrying in 1 s");
      return 1_000;
    }
  };
  const running = (async () => {
    while (!stopped) {
      const sleepMs = await tickOnce();
      const timer = setTimeout(woken.resolve, Math.max(1, sleepMs));
      await woken.promise;
      clearTimeout(timer);
      woken = Promise.withResolvers<void>();
    }
  })();
  return {
    wake: () => woken.resolve(),
    stop: async () => {
      stopped = true;
      woken.resolve();
      await running;
    },
  };
}

/** Several loops, woken and stopped together. */
export interface Loops extends AsyncDisposable {
  wake(): void;
}

export function allOf(loops: readonly Loop[]): Loops {
  return {
    wake: () => {
      for (const loop of loops) loop.wake();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/** One loop for each account. */
export function startLoops(
  name: string,
  ctx: Pick<Context, "accounts" | "log">,
  tick: (account: Account) => Promise<number>,
): Loops {
  const accounts = [...ctx.accounts.values()];
  return allOf(accounts.map((account) => startLoop(`${name}.${account.name}`, () => tick(account), ctx)));
}

/** Work that outlives the tick that started it. */
export interface InFlight {
  count(): number;
  add(work: Promise<void>, onError: (error: unknown) => void): void;
  /** Resolves when all pieces have ended. */
  settled(): Promise<unknown>;
}

/** Calls `onEnd` after every piece of work, fulfilled or rejected. */
export function trackInFlight(onEnd: () => void): InFlight {
  const pieces = new Set<Promise<void>>();
  return {
    count: () => pieces.size,
    add: (work, onError) => {
      const piece = work.catch(onError).finally(() => {
        pieces.delete(piece);
        onEnd();
      });
      pieces.add(piece);
    },
    settled: () => Promise.all(pieces),
  };
}
