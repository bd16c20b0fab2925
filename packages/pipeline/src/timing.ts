/** Leases and time limits of the stages, in real ms (never scaled). Only tests use others than these. */
export const timing = {
  /** Between granting a slot and the intent; afterwards the job behind it is taken for lost. */
  grantLeaseMs: 30_000,
  /** A worker that stood still for longer between intent and POST gives the intent back, unsent. */
  startBudgetMs: 2_000,
  /** A whole POST, first byte to last. */
  postMs: 60_000,
  /** Longer than start budget and POST together: afterwards no worker can still be sending. */
  sendingMs: 90_000,
  /** Longer than the start budget, and renewed while the POST is under way: afterwards its worker is taken for dead. */
  submitLeaseMs: 30_000,
  /** A whole look at a task. */
  pollMs: 15_000,
  /** Renewed while a look, or a question about a lost POST, is under way: afterwards its poller is taken for dead. */
  pollLeaseMs: 6_000,
  /** A whole upload of a file to a provider. */
  uploadMs: 120_000,
  /** Renewed while the upload is under way: until then nobody else sends the same file. */
  uploadLeaseMs: 15_000,
  /** Renewed while a finalizer is at work. */
  finalizeLeaseMs: 60_000,
  /** How long a full disk is waited for before room is looked for again. */
  diskFullWaitMs: 30_000,
  /** Longer than the longest send of a webhook. */
  deliverLeaseMs: 30_000,
  /** Looks that find nothing count as apart only when this long lies between them. */
  absencesApartMs: 30_000,
  /** A lost POST about which its provider has said nothing usable for so long goes to a person. */
  reconcileForMs: 24 * 3_600_000,
  /** How often a provider's list is searched for tasks that nobody owns, and how old a task has to be before it counts as one. */
  orphanSearchEveryMs: 600_000,
  orphanAfterMs: 3_600_000,
  /** Recovery and admission turn at least this often. */
  tickMs: 1_000,
};

export type Timing = typeof timing;

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
