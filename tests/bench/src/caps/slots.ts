import { sum } from "../rig/statistics.ts";

/** One generation's times, ms of this machine's clock. */
export interface Life {
  /** Its POST was about to be sent. */
  begunAt: number;
  /** The provider took it. */
  acceptedAt: number;
  endedAt: number;
  /** Its end was noticed, and its slot free again. */
  noticedAt: number;
  storedAt: number;
}

/** Where the time of the slots went, as shares of what the ideal needs: the ideal has all slots full and sees every end at once. */
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
  const submits = lives.map(({ begunAt, acceptedAt }) => acceptedAt - begunAt);
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

/** How long the jobs take on so many machines when each goes to the machine that is free first, in the given order. */
export function listSchedule(durations: readonly number[], machines: number): number {
  const freeAt = new Array<number>(machines).fill(0);
  for (const duration of durations) {
    const first = freeAt.indexOf(Math.min(...freeAt));
    freeAt[first] = (freeAt[first] ?? 0) + duration;
  }
  return Math.max(...freeAt);
}

/** From the time a slot came free to the next POST, over all slots; the first ones were free from the start. */
function admissionGaps(lives: readonly Life[], startedAt: number, slots: number): number {
  const begun = lives.map(({ begunAt }) => begunAt).toSorted((a, b) => a - b);
  const free = [...new Array<number>(slots).fill(startedAt), ...lives.map(({ noticedAt }) => noticedAt)];
  const freeInOrder = free.toSorted((a, b) => a - b);
  return sum(begun.map((at, i) => at - (freeInOrder[i] ?? at)));
}
