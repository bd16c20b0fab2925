import { beforeEach, expect, test } from "vitest";
import { createSlowDown, type SlowDown } from "./slow-down.ts";

let nowMs = 0;
let slowDown: SlowDown;
beforeEach(() => {
  nowMs = 1_000_000;
  slowDown = createSlowDown(() => nowMs);
});

function fail(times: number, address = (_: number) => "a"): void {
  for (let i = 0; i < times; i += 1) slowDown.failed(address(i));
}

test("five failures lock an address, each further one twice as long, a quarter of an hour at most", () => {
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

test("the right password, or a quarter of an hour of silence, makes it forgotten", () => {
  fail(5);
  slowDown.passed("a");
  expect(slowDown.waitMs("a")).toBe(0);
  fail(5);
  nowMs += 1_000 + 900_000;
  fail(1);
  expect(slowDown.waitMs("a")).toBe(0);
});

test("a guesser with many addresses is slowed down too, and nobody is kept out for more than ten seconds by him", () => {
  fail(99, (i) => `address-${i}`);
  expect(slowDown.waitMs("b")).toBe(0);
  fail(100, (i) => `address-${100 + i}`);
  expect(slowDown.waitMs("b")).toBe(10_000);
});
