/** Slows down guessing of passwords: after some failures each further attempt has to wait longer. */
export interface SlowDown {
  /** Ms until the next attempt from this address is checked; 0: now. */
  waitMs(address: string): number;
  failed(address: string): void;
  passed(address: string): void;
}

interface Failures {
  count: number;
  lockedUntilMs: number;
}

const perAddress = { freeAttempts: 5, maxLockMs: 900_000 };
/** Slows down an attacker with many addresses; locks nobody out for longer than `maxLockMs`. */
const overall = { freeAttempts: 100, maxLockMs: 10_000 };
const overallKey = "overall";
const resetAfterMs = 900_000;
const maxAddresses = 10_000;

export function createSlowDown(now: () => number = () => Date.now()): SlowDown {
  const failures = new Map<string, Failures>();
  const lockedMs = (key: string) => Math.max(0, (failures.get(key)?.lockedUntilMs ?? 0) - now());
  const count = (key: string, { freeAttempts, maxLockMs }: typeof perAddress) => {
    const before = failures.get(key);
    const earlier = before && now() - before.lockedUntilMs < resetAfterMs ? before.count : 0;
    const excess = earlier + 1 - freeAttempts;
    const lockMs = excess < 0 ? 0 : Math.min(maxLockMs, 1_000 * 2 ** Math.min(excess, 30));
    // inserted anew, so that the first key of the map is the one that failed longest ago
    failures.delete(key);
    failures.set(key, { count: earlier + 1, lockedUntilMs: now() + lockMs });
    const oldest = failures.size > maxAddresses ? failures.keys().next().value : undefined;
    if (oldest !== undefined) failures.delete(oldest);
  };
  return {
    waitMs: (address) => Math.max(lockedMs(address), lockedMs(overallKey)),
    failed: (address) => {
      count(address, perAddress);
      count(overallKey, overall);
    },
    passed: (address) => void failures.delete(address),
  };
}
