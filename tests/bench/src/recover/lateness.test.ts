import { expect, test } from "vitest";
import { caughtUpAt, lateBy, pollsOf } from "./lateness.ts";

test("pollsOf: a poll serves what was due by then; a task without a poll is infinitely late", () => {
  const dues = new Map([
    ["a", [100, 900]],
    ["b", [200]],
    ["c", [5_000]],
  ]);
  const requests = [
    { id: "a", atMs: 950 },
    { id: "a", atMs: 130 },
    { id: "stranger", atMs: 140 },
  ];
  const polls = pollsOf(dues, requests, 1_000);
  expect(lateBy(polls)).toEqual([30, 50, Number.POSITIVE_INFINITY]);
  expect(polls.map(({ id }) => id)).toEqual(["a", "a", "b"]);
});

test("pollsOf: two due times before one poll count as one poll, as late as the first", () => {
  expect(lateBy(pollsOf(new Map([["a", [100, 200]]]), [{ id: "a", atMs: 250 }], 1_000))).toEqual([150]);
});

test("caughtUpAt: the first moment without a poll overdue beyond the limit", () => {
  const poll = (dueAt: number, polledAt: number) => ({ id: "", dueAt, polledAt });
  expect(caughtUpAt([poll(0, 400), poll(300, 700), poll(690, 720)], 300, 50)).toBe(700);
  expect(caughtUpAt([poll(0, 100), poll(300, 340)], 200, 50)).toBe(200);
  expect(caughtUpAt([poll(0, 400), poll(350, Number.POSITIVE_INFINITY)], 300, 50)).toBe(Number.POSITIVE_INFINITY);
});
