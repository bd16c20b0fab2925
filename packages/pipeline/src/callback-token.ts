import { createHmac, timingSafeEqual } from "node:crypto";

/** The unguessable part of a callback's URL: says which attempt of which generation, and proves that we made it. */
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
