/** Full jitter: anything from nothing up to `baseMs` doubled with every try, never more than `capMs`. */
export function fullJitterMs(
  tries: number,
  random: () => number,
  { baseMs, capMs }: { baseMs: number; capMs: number },
): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(tries, 30));
}

/** Around `ms`, up to a tenth more or less, so that timers do not march in step. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}
