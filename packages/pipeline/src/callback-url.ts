import { createHmac, timingSafeEqual } from "node:crypto";
import type { Account } from "./accounts.ts";

/**
 * Whether the provider sends callbacks to `publicUrl`: it offers them, and takes this address. A provider on plain
 * http, such as the simulator, takes a plain http address.
 */
export function callsBack({ provider, baseUrl, callbackSecret }: Account, publicUrl: string | undefined): boolean {
  const offered = provider.capabilities.callback;
  if (publicUrl === undefined || offered === null) return false;
  if (offered.value.needsSecret && callbackSecret === undefined) return false;
  return !offered.value.httpsOnly || publicUrl.startsWith("https:") || baseUrl.startsWith("http:");
}

/** What a token in a callback URL names. `account`: absent in the tokens of older versions. */
export interface CallbackToken {
  account?: string;
  generation: string;
  attempt: number;
}

/**
 * The unguessable part of a callback URL: names one attempt of a generation, and proves that its POST was sent from
 * here, to this account.
 */
export function callbackToken(key: Buffer, { account, generation, attempt }: CallbackToken): string {
  const named = `${generation}.${attempt}`;
  const signed = account === undefined ? named : `${account}.${named}`;
  return `${named}.${createHmac("sha256", key).update(signed).digest("base64url").slice(0, 32)}`;
}

/**
 * What a genuine token of the account names, without `account` if it is of an older version; `undefined` for any other
 * text. Needs no Redis.
 */
export function readCallbackToken(key: Buffer, token: string, account: string): CallbackToken | undefined {
  const [generation = "", attempt = ""] = token.split(".");
  const old = { generation, attempt: Number(attempt) };
  return [{ ...old, account }, old].find((named) => isSame(token, callbackToken(key, named)));
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  const [given, expected] = [Buffer.from(a), Buffer.from(b)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
