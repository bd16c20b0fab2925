/** Makes guessing passwords slow: after some failures each further try has to wait longer. */
export interface SlowDown {
  /** Ms before another try from there is looked at; 0: now. */
  waitMs(address: string): number;
  failed(address: string): void;
  passed(address: string): void;
}

interface Failures {
  count: number;
  lockedUntilMs: number;
}

const perAddress = { freeTries: 5, longestMs: 900_000 };
/** Slows a guesser with many addresses down, and keeps nobody out for longer than this. */
const together = { freeTries: 100, longestMs: 10_000 };
const everybody = "everybody";
const forgottenAfterMs = 900_000;
const mostAddresses = 10_000;

export function createSlowDown(now: () => number = Date.now): SlowDown {
  const failures = new Map<string, Failures>();
  const lockedMs = (key: string) => Math.max(0, (failures.get(key)?.lockedUntilMs ?? 0) - now());
  const count = (key: string, { freeTries, longestMs }: typeof perAddress) => {
    const before = failures.get(key);
    const known = before && now() - before.lockedUntilMs < forgottenAfterMs ? before.count : 0;
    const over = known + 1 - freeTries;
    const lockMs = over < 0 ? 0 : Math.min(longestMs, 1_000 * 2 ** Math.min(over, 30));
    // put in anew, so that the first key of the map is the one that failed longest ago
    failures.delete(key);
    failures.set(key, { count: known + 1, lockedUntilMs: now() + lockMs });
    const oldest = failures.size > mostAddresses ? failures.keys().next().value : undefined;
    if (oldest !== undefined) failures.delete(oldest);
  };
  return {
    waitMs: (address) => Math.max(lockedMs(address), lockedMs(everybody)),
    failed: (address) => {
      count(address, perAddress);
      count(everybody, together);
    },
    passed: (address) => void failures.delete(address),
  };
}
