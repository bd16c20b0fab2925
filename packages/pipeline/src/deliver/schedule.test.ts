import { expect, test } from "vitest";
import { deliveryDelaysMs, nextTry } from "./send.ts";

const inMs = (tries: number, random: number) => {
  const next = nextTry(tries, () => random);
  return next.kind === "again" ? next.inMs : next.kind;
};

test("ten tries over 75 h 35 min 5 s, then exhausted", () => {
  const waits = Array.from({ length: 11 }, (_, tries) => inMs(tries, 0.5));
  expect(waits).toEqual([...deliveryDelaysMs, "exhausted"]);
  expect(deliveryDelaysMs.reduce((sum, delayMs) => sum + delayMs)).toBe((75 * 3_600 + 35 * 60 + 5) * 1_000);
  expect(inMs(1_000, 0.5)).toBe("exhausted");
});

test("every wait is spread by ±10 %; the first try does not wait", () => {
  expect([inMs(2, 0), inMs(2, 0.25), inMs(2, 0.999_999)]).toEqual([270_000, 285_000, 330_000]);
  expect(inMs(0, 0)).toBe(0);
  expect(inMs(0, 0.9)).toBe(0);
});
