/** Request rates in one stretch of time. */
export type Rates = ReturnType<typeof ratesOf>;

/** Rates of the requests (times in ms) between two moments. */
export function ratesOf(times: readonly number[], fromMs: number, untilMs: number) {
  const inOrder = times.filter((at) => at >= fromMs && at < untilMs).toSorted((a, b) => a - b);
  const seconds = (untilMs - fromMs) / 1_000;
  const later = inOrder.filter((at) => at >= (fromMs + untilMs) / 2);
  return {
    requests: inOrder.length,
    perSecond: inOrder.length / seconds,
    /** In the second half. */
    laterPerSecond: later.length / (seconds / 2),
    /** The most requests in any second, and in any minute (or in all, where it was shorter). */
    peakSecond: mostWithin(inOrder, 1_000),
    peakMinute: mostWithin(inOrder, 60_000),
  };
}

function mostWithin(inOrder: readonly number[], spanMs: number): number {
  let [most, first] = [0, 0];
  for (const [i, at] of inOrder.entries()) {
    while ((inOrder[first] ?? at) <= at - spanMs) first += 1;
    most = Math.max(most, i - first + 1);
  }
  return most;
}
