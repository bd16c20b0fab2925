import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

/** Names one operation on the ledger. */
export function operationToken(): string {
  // 48 of its random bits; Node keeps a store of UUIDs, so that this costs no call of the system
  const uuid = randomUUID();
  return Buffer.from(uuid.slice(0, 8) + uuid.slice(9, 13), "hex").toString("base64url");
}

/** The unguessable part of a callback's URL: says which attempt of which generation, and proves that we made it. */
export function callbackToken(key: Buffer, generation: string, attempt: string): string {
  return `${generation}.${attempt}.${mac(key, generation, attempt)}`;
}

/** The generation and attempt of a genuine token; `undefined` for any other text. Needs no Redis. */
export function readCallbackToken(key: Buffer, token: string): { generation: string; attempt: string } | undefined {
  const [generation = "", attempt = "", given = "", ...rest] = token.split(".");
  const expected = Buffer.from(mac(key, generation, attempt));
  const actual = Buffer.from(given);
  if (rest.length > 0 || actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  return { generation, attempt };
}

function mac(key: Buffer, generation: string, attempt: string): string {
  return createHmac("sha256", key).update(`${generation}.${attempt}`).digest("base64url").slice(0, 32);
}
