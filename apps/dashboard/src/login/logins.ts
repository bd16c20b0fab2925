import { createHmac, timingSafeEqual } from "node:crypto";
import type { Credentials } from "./passwords.ts";
/** A viewer sees everything and changes nothing. */
export type Role = "viewer" | "operator";

export interface Login {
  user: string;
  role: Role;
  /** Identifies this role, user and password without revealing them; changes with the password. */
  fingerprint: string;
}

export interface Logins {
  /** The login with this user and password; takes the same time whether they are right or wrong. */
  match(given: Credentials): Login | undefined;
  /** The login behind a session; `undefined` once its password was changed. */
  withFingerprint(fingerprint: string): Login | undefined;
}

/** The configured logins. The key keeps fingerprints from being guessed outside this installation. */
export function openLogins(accounts: { operator: Credentials; viewer?: Credentials }, key: Buffer): Logins {
  const logins = (["operator", "viewer"] as const).flatMap((role): Login[] => {
    const account = accounts[role];
    return account ? [{ user: account.user, role, fingerprint: fingerprintOf(role, account, key) }] : [];
  });
  return {
    match: (given) =>
      logins.filter(({ role, fingerprint }) => equal(fingerprint, fingerprintOf(role, given, key))).at(0),
    withFingerprint: (fingerprint) => logins.find((login) => equal(login.fingerprint, fingerprint)),
  };
}

function fingerprintOf(role: Role, { user, password }: Credentials, key: Buffer): string {
  return createHmac("sha256", key)
    .update(JSON.stringify([role, user, password]))
    .digest("base64url");
}

function equal(known: string, given: string): boolean {
  const [left, right] = [Buffer.from(known), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

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
