import type { Dispatcher } from "undici";

type Headers = Dispatcher.ResponseData["headers"];

/** One string per header name; repeated headers are joined by a comma. undici delivers names in lower case. */
export function flattenHeaders(headers: Headers): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}

const minWaitMs = 1_000;
const maxWaitMs = 3_600_000;

/**
 * Wait in ms that `Retry-After` (seconds or HTTP date) asks for, between 1 s and 1 h. Undefined if the header is absent
 * or malformed.
 */
export function retryAfterMs(headers: Readonly<Record<string, string | undefined>>, nowMs: number): number | undefined {
  const value = headers["retry-after"]?.trim() ?? "";
  const waitMs = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1_000 : untilMs(value) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(Math.ceil(waitMs), minWaitMs), maxWaitMs);
}

/** Accepts the date form of RFC 9110 §5.6.7 only; `Date.parse` alone accepts almost any text. */
function untilMs(value: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
}
