const leastMs = 1_000;
const mostMs = 3_600_000;

/**
 * How long an answer asks to wait: `Retry-After` in seconds or as an HTTP date, kept between a second and an hour.
 * Undefined where it says nothing that can be understood.
 */
export function retryAfterMs(headers: Readonly<Record<string, string | undefined>>, nowMs: number): number | undefined {
  const value = headers["retry-after"]?.trim() ?? "";
  const waitMs = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1_000 : untilMs(value) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(Math.ceil(waitMs), leastMs), mostMs);
}

/** Only the date form of RFC 9110 §5.6.7: `Date.parse` alone would take almost any text. */
function untilMs(value: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
}
