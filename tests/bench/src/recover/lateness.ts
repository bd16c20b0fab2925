/** One poll of a task: when it was due and when it reached the provider; `Infinity`: not yet. */
export interface Poll {
  id: string;
  dueAt: number;
  polledAt: number;
}

export interface PollRequest {
  id: string;
  atMs: number;
}

/** Tolerance: Redis' clock is this machine's, in whole ms. */
const sameMomentMs = 2;

/**
 * Joins due times (per generation, in order) with poll requests. A poll serves every earlier due time and is as late as
 * the first of them.
 */
export function pollsOf(
  dues: ReadonlyMap<string, readonly number[]>,
  requests: readonly PollRequest[],
  untilMs: number,
): Poll[] {
  const open = new Map([...dues].map(([id, times]) => [id, [...times]]));
  const polls: Poll[] = [];
  for (const { id, atMs } of requests.toSorted((a, b) => a.atMs - b.atMs)) {
    const times = open.get(id) ?? [];
    const met = times.filter((time) => time <= atMs + sameMomentMs);
    open.set(id, times.slice(met.length));
    if (met[0] !== undefined) polls.push({ id, dueAt: met[0], polledAt: Math.max(atMs, met[0]) });
  }
  for (const [id, [dueAt]] of open) {
    if (dueAt !== undefined && dueAt <= untilMs) polls.push({ id, dueAt, polledAt: Number.POSITIVE_INFINITY });
  }
  return polls;
}

/** The first moment from `fromMs` on at which no poll is overdue by more than `allowedMs`. */
export function caughtUpAt(polls: readonly Poll[], fromMs: number, allowedMs: number): number {
  let atMs = fromMs;
  for (const { dueAt, polledAt } of polls.toSorted((a, b) => a.dueAt - b.dueAt)) {
    if (dueAt + allowedMs > atMs) break;
    atMs = Math.max(atMs, polledAt);
  }
  return atMs;
}

export const lateBy = (polls: readonly Poll[]): number[] => polls.map(({ dueAt, polledAt }) => polledAt - dueAt);
