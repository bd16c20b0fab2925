import { createHmac, timingSafeEqual } from "node:crypto";
import { readJson } from "../json.ts";
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
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(raw).digest("hex");
  if (!equal(signature, expected)) return "the signature is missing or wrong";
  const isRecent = /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs - Number(timestamp) * 1_000) <= toleranceMs;
  return isRecent ? undefined : "signed too long ago, or ahead of time";
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
