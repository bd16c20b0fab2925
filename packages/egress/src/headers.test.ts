import { expect, test } from "vitest";
import { retryAfterMs } from "./headers.ts";

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);

test.each([
  ["120", 120_000],
  [" 3 ", 3_000],
  ["1.5", 1_500],
  ["Fri, 20 Nov 2026 12:00:30 GMT", 30_000],
])("retryAfterMs: %s is used as given", (value, waitMs) => {
  expect(retryAfterMs({ "retry-after": value }, nowMs)).toBe(waitMs);
});

test.each([
  ["0", 1_000],
  ["Fri, 20 Nov 2026 11:00:00 GMT", 1_000],
  ["1000000000", 3_600_000],
  ["9".repeat(400), 3_600_000],
  ["Fri, 20 Nov 2027 12:00:00 GMT", 3_600_000],
])("retryAfterMs: %s is limited to 1 s … 1 h", (value, waitMs) => {
  expect(retryAfterMs({ "retry-after": value }, nowMs)).toBe(waitMs);
});

test.each(["", "soon", "-5", "1e9", "NaN", "12 34", "2026-11-20T12:00:30Z", "Fri, 99 Nov 2026 12:00:30 GMT", "0x10"])(
  "retryAfterMs: %j is malformed",
  (value) => {
    expect(retryAfterMs({ "retry-after": value }, nowMs)).toBeUndefined();
  },
);

test("retryAfterMs: undefined without the header", () => {
  expect(retryAfterMs({}, nowMs)).toBeUndefined();
});
