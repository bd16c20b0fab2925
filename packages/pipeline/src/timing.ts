/** Leases and time limits of the stages, in real ms (never scaled). Only tests change them. */
export const timing = {
  /** From the grant of a slot to the intent; afterwards the submit job counts as lost. */
  grantLeaseMs: 30_000,
  /**
   * From the check that the account takes submits, with the intent, to the first byte of the POST; later it is not sent,
   * so no POST starts later than this after a pause.
   */
  startBudgetMs: 1_000,
  /** A whole POST, from first byte to last. */
  postMs: 60_000,
  /** Longer than start budget and POST together: afterwards no worker can still be sending it. */
  sendingMs: 90_000,
  /** Longer than the start budget, renewed during the POST; afterwards the worker counts as dead. */
  submitLeaseMs: 30_000,
  /** A whole poll of a task. */
  pollMs: 15_000,
  /** Renewed during a poll or a look-up of an unknown submit; afterwards the poller counts as dead. */
  pollLeaseMs: 6_000,
  /** A whole upload of one file to a provider. */
  uploadMs: 120_000,
  /** Renewed during an upload; until it ends no other worker sends the same file. */
  uploadLeaseMs: 15_000,
  /** Renewed during a finalize job. */
  finalizeLeaseMs: 60_000,
  /** The wait before a finalize job tries a full disk again. */
  diskFullWaitMs: 30_000,
  /** Longer than the longest webhook request. */
  deliverLeaseMs: 30_000,
  /** Absent look-ups closer together than this count as one. */
  absencesApartMs: 30_000,
  /** An unknown submit is escalated to review after this long without a usable answer of its provider. */
  reconcileForMs: 24 * 3_600_000,
  /** How often task lists are searched for orphans, and the least age of an orphan. */
  orphanSearchEveryMs: 600_000,
  orphanAfterMs: 3_600_000,
  /** From when the provider knows a task that a callback named until it counts as an orphan. */
  namedAfterMs: 3_600_000,
  /** The longest pause between two ticks of maintenance, reconciliation and admission. */
  tickMs: 1_000,
};

export type Timing = typeof timing;

/** Full jitter: from 0 up to `baseMs` doubled with every try, at most `capMs`. */
export function fullJitterMs(
  tries: number,
  random: () => number,
  { baseMs, capMs }: { baseMs: number; capMs: number },
): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(tries, 30));
}

/** `ms` ±10 %, so that timers do not fire together. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}
