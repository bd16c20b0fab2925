import type { Streak } from "@reelqueue/ledger";

const windowMs = 72 * 3_600_000;
const crashesAllowed = 2;

/** The crashes of a generation, one more: what is older than three days no longer counts. */
export function oneMoreCrash({ count, atMs }: Streak = { count: 0, atMs: 0 }, nowMs: number): Streak {
  return count > 0 && nowMs - atMs < windowMs ? { count: count + 1, atMs } : { count: 1, atMs: nowMs };
}

/** Whether it takes its workers down with it, as far as anyone can tell: it is not sent again without a person's word. */
export function isPoison(crashes: Streak | undefined): boolean {
  return (crashes?.count ?? 0) > crashesAllowed;
}
