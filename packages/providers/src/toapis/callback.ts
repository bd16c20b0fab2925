import { hmacHex, isRecent, isSame } from "../http/callback.ts";
import { readJson } from "../http/exchange.ts";
import type { CallbackReading, ReceivedCallback } from "../provider.ts";
import { calledId } from "./wire.ts";

/** How far the signed time may be off (FOUND: task-webhooks). */
const toleranceMs = 300_000;

/**
 * Reads a callback. ToAPIs signs every one: with a secret, only what it signed within the last five minutes counts;
 * without one, what guards the callback is the secret part of its URL.
 */
export function readCallback(received: ReceivedCallback): CallbackReading {
  const { raw, secret } = received;
  const forgery = secret === undefined ? undefined : whyForged(received, secret);
  if (forgery !== undefined) return { kind: "forged", message: forgery };
  const taskId = calledId(readJson(raw.toString("utf8")));
  return taskId === undefined ? { kind: "unreadable", message: "no task id in it" } : { kind: "hint", taskId };
}

function whyForged({ raw, headers, nowMs }: ReceivedCallback, secret: string): string | undefined {
  const id = headers["x-toapis-webhook-id"] ?? "";
  const timestamp = headers["x-toapis-webhook-timestamp"] ?? "";
  const expected = hmacHex(secret, `${id}.${timestamp}.`, raw);
  const given = signaturesIn(headers["x-toapis-webhook-signature"] ?? "");
  if (!given.some((signature) => isSame(signature, expected))) return "the signature is missing or wrong";
  return isRecent(timestamp, nowMs, toleranceMs) ? undefined : "signed too long ago, or ahead of time";
}

/** `v1=<hex>`, and for a day after the secret was changed `v1=<hex>,v1=<hex>` (FOUND). */
function signaturesIn(header: string): string[] {
  return header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part.startsWith("v1="))
    .map((part) => part.slice("v1=".length));
}
