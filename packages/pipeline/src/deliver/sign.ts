import { randomBytes } from "node:crypto";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const prefix = "whsec_";
const secretBytes = 32;
/** Standard Webhooks asks for 24 to 64 bytes. */
const leastSecretBytes = 24;

export interface Signing {
  /** `whsec_<base64>`. */
  secret: string;
  /** The same in every try of one event; without a dot, since the signature covers `id.timestamp.body`. */
  id: string;
  /** The time of this try. */
  timestamp: Date;
  /** The bytes that are sent. */
  body: string;
}

/** Signs one message by Standard Webhooks: `v1,<base64>`. Throws TypeError for an id with a dot or a bad secret. */
export function sign({ secret, id, timestamp, body }: Signing): string {
  if (id.includes(".")) throw new TypeError(`a webhook id must have no dot: ${id}`);
  return withSecret(secret).sign(id, timestamp, body);
}

export interface Verification {
  /** The signature of any of these is valid. */
  secrets: readonly string[];
  headers: Readonly<Record<string, string>>;
  /** The raw body. */
  body: string;
}

/** Whether one of the secrets signed this body within five minutes of now. */
export function verify({ secrets, headers, body }: Verification): boolean {
  return secrets.some((secret) => {
    try {
      withSecret(secret).verify(body, { ...headers }, { jsonParse: false });
      return true;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return false;
      throw error;
    }
  });
}

/** A new secret of 32 random bytes. */
export function newSecret(): string {
  return secretOf(randomBytes(secretBytes));
}

/** The secret `whsec_<base64>` of a key. Throws TypeError for a key of less than 24 bytes. */
export function secretOf(key: Buffer): string {
  if (key.length < leastSecretBytes) throw new TypeError(`a webhook secret needs at least ${leastSecretBytes} bytes`);
  return `${prefix}${key.toString("base64")}`;
}

function withSecret(secret: string): Webhook {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (key.length < leastSecretBytes)
    throw new TypeError(`a webhook secret is ${prefix} and at least ${leastSecretBytes} bytes in base64`);
  return new Webhook(secret);
}
