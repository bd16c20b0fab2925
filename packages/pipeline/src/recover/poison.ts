const windowMs = 72 * 3_600_000;
const crashesAllowed = 2;

/** The crashes of a generation, one more: what is older than three days no longer counts. */
export function oneMoreCrash(crashes: string, nowMs: number): string {
  const [count = 0, firstMs = 0] = crashes.split("@").map(Number);
  return count > 0 && nowMs - firstMs < windowMs ? `${count + 1}@${firstMs}` : `1@${nowMs}`;
}

/** Whether it takes its workers down with it, as far as anyone can tell: it is not sent again without a person's word. */
export function isPoison(crashes: string | undefined): boolean {
  return Number(crashes?.split("@")[0] ?? 0) > crashesAllowed;
}
