const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** Waits before each try, each from the one before: the schedule of Standard Webhooks, 75 h 35 min in all. */
export const deliveryDelaysMs: readonly number[] = [
  0,
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
];

const jitter = 0.1;

export type NextTry = { kind: "again"; inMs: number } | { kind: "exhausted" };

/** When to try after so many failed tries, ±10 % by `random` (0 up to 1). */
export function nextTry(tries: number, random: () => number): NextTry {
  const delayMs = deliveryDelaysMs[tries];
  if (delayMs === undefined) return { kind: "exhausted" };
  return { kind: "again", inMs: Math.round(delayMs * (1 + jitter * (2 * random() - 1))) };
}
