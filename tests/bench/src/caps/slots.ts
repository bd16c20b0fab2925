import { sum } from "../rig/runs.ts";

/** One generation's times, ms of this machine's clock. */
export interface Life {
  /** Just before its POST. */
  submittingAt: number;
  /** The provider accepted it. */
  acceptedAt: number;
  endedAt: number;
  /** Its end was noticed and its slot freed. */
  noticedAt: number;
  storedAt: number;
}

/** Idle slot time by cause, as shares of the ideal, in which all slots are full and every end is noticed at once. */
export function slotTimes(
  lives: readonly Life[],
  startedAt: number,
  slots: number,
  clockFactor: number,
): Record<string, number> {
  const inOrder = lives.toSorted((a, b) => a.acceptedAt - b.acceptedAt);
  const ideal = listSchedule(
    inOrder.map(({ acceptedAt, endedAt }) => endedAt - acceptedAt),
    slots,
  );
  const took = Math.max(...lives.map(({ storedAt }) => storedAt)) - startedAt;
  const share = (ms: number) => ms / (slots * ideal);
  const seconds = (ms: number) => (ms * clockFactor) / 1_000;
  const detections = lives.map(({ endedAt, noticedAt }) => noticedAt - endedAt);
  const submits = lives.map(({ submittingAt, acceptedAt }) => acceptedAt - submittingAt);
  return {
    "share of the ideal": ideal / took,
    "ideal, seconds": seconds(ideal),
    "took, seconds": seconds(took),
    "idle: not noticed yet": share(sum(detections)),
    "idle: free, not used yet": share(admissionGaps(lives, startedAt, slots)),
    "idle: being sent": share(sum(submits)),
    "noticed after, seconds": seconds(sum(detections) / lives.length),
    "sent within, seconds": seconds(sum(submits) / lives.length),
  };
}

/** Makespan of list scheduling: each job, in order, goes to the machine that is free first. */
export function listSchedule(durations: readonly number[], machines: number): number {
  const freeAt = new Array<number>(machines).fill(0);
  for (const duration of durations) {
    const first = freeAt.indexOf(Math.min(...freeAt));
    freeAt[first] = (freeAt[first] ?? 0) + duration;
  }
  return Math.max(...freeAt);
}

/** Time from a freed slot to the next POST, over all slots; the first are free from the start. */
function admissionGaps(lives: readonly Life[], startedAt: number, slots: number): number {
  const starts = lives.map(({ submittingAt }) => submittingAt).toSorted((a, b) => a - b);
  const free = [...new Array<number>(slots).fill(startedAt), ...lives.map(({ noticedAt }) => noticedAt)];
  const freeInOrder = free.toSorted((a, b) => a - b);
  return sum(starts.map((at, i) => at - (freeInOrder[i] ?? at)));
}
