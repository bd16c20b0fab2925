import { setTimeout as delay } from "node:timers/promises";

export interface Wait {
  /** Default 60,000 ms. */
  timeoutMs?: number;
  /** Default: a tenth of the time waited so far, from 10 to 100 ms. */
  everyMs?: number;
  /** The awaited condition, for the error message. */
  describe: string;
}

/** Polls the condition and returns its first truthy result; the last throw is the `cause` of a timeout's error. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 60_000, everyMs, describe }: Wait,
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const startedAt = performance.now();
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (isTruthy(answer)) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${describe}`, { cause });
    await delay(everyMs ?? Math.min(100, Math.max(10, waitedMs / 10)));
  }
}

function isTruthy<T>(answer: T): answer is Exclude<T, false | null | undefined | 0 | ""> {
  return Boolean(answer);
}

/**
 * Runs the action until disposed, each run `everyMs` after the last; after a run that rejects there is none, and the
 * disposal rejects.
 */
export function repeat(everyMs: number, action: () => Promise<void>): AsyncDisposable {
  const ended = new AbortController();
  const { signal } = ended;
  const running = (async () => {
    while (!signal.aborted) {
      await action();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  })();
  running.catch(() => {}); // prevents an unhandled rejection before the disposal
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await running;
    },
  };
}
