import { setTimeout as delay } from "node:timers/promises";

export interface Wait {
  /** Default 60,000. */
  timeoutMs?: number;
  everyMs?: number;
  /** What is waited for, for the message when it does not come. */
  describe: string;
}

/** Waits until the condition answers something truthy, and gives that; a condition that throws is asked again. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 60_000, everyMs = 20, describe }: Wait,
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (isThere(answer)) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${describe}`, { cause });
    await delay(everyMs);
  }
}

function isThere<T>(answer: T): answer is Exclude<T, false | null | undefined | 0 | ""> {
  return Boolean(answer);
}
