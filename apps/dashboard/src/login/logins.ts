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
