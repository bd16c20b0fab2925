import { beforeEach, expect, test } from "vitest";
import { createSlowDown, type SlowDown } from "./logins.ts";

let nowMs = 0;
let slowDown: SlowDown;
beforeEach(() => {
  nowMs = 1_000_000;
  slowDown = createSlowDown(() => nowMs);
});

function fail(times: number, address = (_: number) => "a"): void {
  for (let i = 0; i < times; i += 1) slowDown.failed(address(i));
}

test("five failures lock an address; each further failure locks twice as long, up to 15 min", () => {
  fail(4);
  expect(slowDown.waitMs("a")).toBe(0);
  fail(1);
  expect(slowDown.waitMs("a")).toBe(1_000);
  fail(3);
  expect(slowDown.waitMs("a")).toBe(8_000);
  fail(90);
  expect(slowDown.waitMs("a")).toBe(900_000);
  expect(slowDown.waitMs("b")).toBe(0);
});

test("the right password, or 15 min without a failure, resets the count", () => {
  fail(5);
  slowDown.passed("a");
  expect(slowDown.waitMs("a")).toBe(0);
  fail(5);
  nowMs += 1_000 + 900_000;
  fail(1);
  expect(slowDown.waitMs("a")).toBe(0);
});

test("failures from many addresses lock everybody, for at most 10 s", () => {
  fail(99, (i) => `address-${i}`);
  expect(slowDown.waitMs("b")).toBe(0);
  fail(100, (i) => `address-${100 + i}`);
  expect(slowDown.waitMs("b")).toBe(10_000);
});
