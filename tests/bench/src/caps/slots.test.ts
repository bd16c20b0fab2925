import { expect, test } from "vitest";
import { listSchedule, slotTimes } from "./slots.ts";

test("listSchedule: each job goes to the machine that is free first", () => {
  expect(listSchedule([4, 2, 2, 5], 2)).toBe(9);
  expect(listSchedule([3, 3, 3], 3)).toBe(3);
});

test("slotTimes: full slots and immediate detection → the ideal", () => {
  const life = (from: number, to: number) => ({
    submittingAt: from,
    acceptedAt: from,
    endedAt: to,
    noticedAt: to,
    storedAt: to,
  });
  const figures = slotTimes([life(0, 4), life(0, 2), life(2, 4), life(4, 9)], 0, 2, 1);
  expect(figures).toMatchObject({ "share of the ideal": 1, "idle: not noticed yet": 0, "idle: free, not used yet": 0 });
});

test("slotTimes: idle time is attributed to its cause", () => {
  const first = { submittingAt: 10, acceptedAt: 15, endedAt: 115, noticedAt: 135, storedAt: 140 };
  const second = { submittingAt: 165, acceptedAt: 170, endedAt: 270, noticedAt: 270, storedAt: 275 };
  const figures = slotTimes([second, first], 0, 1, 2);
  expect(figures["share of the ideal"]).toBeCloseTo(200 / 275);
  expect(figures["idle: not noticed yet"]).toBeCloseTo(20 / 200);
  expect(figures["idle: free, not used yet"]).toBeCloseTo((10 + 30) / 200);
  expect(figures["idle: being sent"]).toBeCloseTo(10 / 200);
  expect(figures["noticed after, seconds"]).toBeCloseTo(0.02);
});
