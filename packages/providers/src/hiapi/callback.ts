import { hmacHex, isRecent, isSame } from "../http/callback.ts";
import { readJson } from "../http/exchange.ts";
import type { CallbackReading, ReceivedCallback } from "../provider.ts";
import { calledId } from "./wire.ts";

/** How far the signed time may be off (FOUND: the vendor's SDK). */
const toleranceMs = 300_000;

/**
 * Reads a callback. With a secret, only what HiAPI signed within the last five minutes counts; without one HiAPI signs
 * nothing, and what guards the callback is the secret part of its URL.
 */
export function readCallback(received: ReceivedCallback): CallbackReading {
  const { raw, secret } = received;
  const forgery = secret === undefined ? undefined : whyForged(received, secret);
  if (forgery !== undefined) return { kind: "forged", message: forgery };
  const taskId = calledId(readJson(raw.toString("utf8")));
  return taskId === undefined ? { kind: "unreadable", message: "no task id in it" } : { kind: "hint", taskId };
}

function whyForged({ raw, headers, nowMs }: ReceivedCallback, secret: string): string | undefined {
  const timestamp = headers["x-hiapi-timestamp"] ?? "";
  const signature = headers["x-hiapi-signature"] ?? "";
  if (!isSame(signature, hmacHex(secret, `${timestamp}.`, raw))) return "the signature is missing or wrong";
  return isRecent(timestamp, nowMs, toleranceMs) ? undefined : "signed too long ago, or ahead of time";
}
