import { setTimeout as delay } from "node:timers/promises";

export interface Wait {
  /** Default 60,000 ms. */
  timeoutMs?: number;
  /** Default 20 ms. */
  everyMs?: number;
  /** The awaited condition, for the error message. */
  describe: string;
}

/** Polls the condition and returns its first truthy result; the last throw is the `cause` of a timeout's error. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 60_000, everyMs = 20, describe }: Wait,
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (isTruthy(answer)) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${describe}`, { cause });
    await delay(everyMs);
  }
}

function isTruthy<T>(answer: T): answer is Exclude<T, false | null | undefined | 0 | ""> {
  return Boolean(answer);
}
