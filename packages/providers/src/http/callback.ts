import { createHmac, timingSafeEqual } from "node:crypto";
import type { CallbackReading, Callbacks, ReceivedCallback } from "../provider.ts";
import { readJson } from "./exchange.ts";

/** The format of one provider's callbacks. */
export interface CallbackFormat {
  taskIdIn(body: unknown): string | undefined;
  /** The signature of a callback; absent: the provider does not sign callbacks. */
  signature?(headers: ReceivedCallback["headers"]): Signature;
}

/** An HMAC-SHA256 in lower-case hex over `prefix` and the raw body. */
export interface Signature {
  given: readonly string[];
  prefix: string;
  /** The signed time, in seconds since 1970. */
  timestamp: string;
}

/** The maximum difference between the signed time and the clock (DOCUMENTED: HiAPI's SDK and ToAPIs' task-webhooks). */
const toleranceMs = 300_000;

/**
 * Reads callbacks. With a secret, only a body that the provider signed in the last five minutes is accepted. Without
 * one no signature is checked; the secret token in the callback URL protects the endpoint.
 */
export function callbacksOf(format: CallbackFormat): Callbacks {
  return {
    read(received): CallbackReading {
      const forgery = forgeryIn(received, format);
      if (forgery !== undefined) return { kind: "forged", message: forgery };
      const taskId = format.taskIdIn(readJson(received.raw.toString("utf8")));
      return taskId === undefined ? { kind: "unreadable", message: "no task id in it" } : { kind: "hint", taskId };
    },
  };
}

function forgeryIn({ raw, headers, nowMs, secret }: ReceivedCallback, format: CallbackFormat): string | undefined {
  const signature = format.signature?.(headers);
  if (secret === undefined || signature === undefined) return undefined;
  const expected = createHmac("sha256", secret).update(signature.prefix).update(raw).digest("hex");
  if (!signature.given.some((given) => isSame(given, expected))) return "the signature is missing or wrong";
  return isRecent(signature.timestamp, nowMs) ? undefined : "signed too long ago, or ahead of time";
}

/** Compares in constant time. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isRecent(timestamp: string, nowMs: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs - Number(timestamp) * 1_000) <= toleranceMs;
}
