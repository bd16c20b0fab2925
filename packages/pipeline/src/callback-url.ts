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

/**
 * The unguessable part of a callback URL: names one attempt of a generation, and proves that its POST was sent from
 * here.
 */
export function callbackToken(key: Buffer, generation: string, attempt: number): string {
  return `${generation}.${attempt}.${mac(key, generation, attempt)}`;
}

/** The generation and attempt of a genuine token; `undefined` for any other text. Needs no Redis. */
export function readCallbackToken(key: Buffer, token: string): { generation: string; attempt: number } | undefined {
  const [generation = "", attempt = "", given = "", ...rest] = token.split(".");
  const expected = Buffer.from(mac(key, generation, attempt));
  const actual = Buffer.from(given);
  if (rest.length > 0 || actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  return { generation, attempt: Number(attempt) };
}

function mac(key: Buffer, generation: string, attempt: number | string): string {
  return createHmac("sha256", key).update(`${generation}.${attempt}`).digest("base64url").slice(0, 32);
}
