/** One look at a task: when it was due, and when the provider was asked; `Infinity`: it has not been yet. */
export interface Look {
  id: string;
  dueAt: number;
  lookedAt: number;
}

export interface Asked {
  id: string;
  atMs: number;
}

/** Redis' clock is this machine's, read in whole ms. */
const sameMomentMs = 2;

/** Joins due times (per generation, in order) with the looks that came: each look is for all that was due by then, so it is as late as the first of it. */
export function looksOf(
  dues: ReadonlyMap<string, readonly number[]>,
  asked: readonly Asked[],
  untilMs: number,
): Look[] {
  const open = new Map([...dues].map(([id, times]) => [id, [...times]]));
  const looks: Look[] = [];
  for (const { id, atMs } of asked.toSorted((a, b) => a.atMs - b.atMs)) {
    const times = open.get(id) ?? [];
    const met = times.filter((time) => time <= atMs + sameMomentMs);
    open.set(id, times.slice(met.length));
    if (met[0] !== undefined) looks.push({ id, dueAt: met[0], lookedAt: Math.max(atMs, met[0]) });
  }
  for (const [id, [dueAt]] of open) {
    if (dueAt !== undefined && dueAt <= untilMs) looks.push({ id, dueAt, lookedAt: Number.POSITIVE_INFINITY });
  }
  return looks;
}

/** From `fromMs` on: the first moment at which no look is overdue by more than `allowedMs`. */
export function caughtUpAt(looks: readonly Look[], fromMs: number, allowedMs: number): number {
  let atMs = fromMs;
  for (const { dueAt, lookedAt } of looks.toSorted((a, b) => a.dueAt - b.dueAt)) {
    if (dueAt + allowedMs > atMs) break;
    atMs = Math.max(atMs, lookedAt);
  }
  return atMs;
}

export const lateBy = (looks: readonly Look[]): number[] => looks.map(({ dueAt, lookedAt }) => lookedAt - dueAt);
