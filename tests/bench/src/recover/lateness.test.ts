import { expect, test } from "vitest";
import { caughtUpAt, lateBy, looksOf } from "./lateness.ts";

test("a look is for what was due by then, and what nobody looked at is late without end", () => {
  const dues = new Map([
    ["a", [100, 900]],
    ["b", [200]],
    ["c", [5_000]],
  ]);
  const asked = [
    { id: "a", atMs: 950 },
    { id: "a", atMs: 130 },
    { id: "stranger", atMs: 140 },
  ];
  const looks = looksOf(dues, asked, 1_000);
  expect(lateBy(looks)).toEqual([30, 50, Number.POSITIVE_INFINITY]);
  expect(looks.map(({ id }) => id)).toEqual(["a", "a", "b"]);
});

test("two due times before one look are one look, as late as the first", () => {
  expect(lateBy(looksOf(new Map([["a", [100, 200]]]), [{ id: "a", atMs: 250 }], 1_000))).toEqual([150]);
});

test("it has caught up at the first moment without anything overdue beyond what is allowed", () => {
  const look = (dueAt: number, lookedAt: number) => ({ id: "", dueAt, lookedAt });
  expect(caughtUpAt([look(0, 400), look(300, 700), look(690, 720)], 300, 50)).toBe(700);
  expect(caughtUpAt([look(0, 100), look(300, 340)], 200, 50)).toBe(200);
  expect(caughtUpAt([look(0, 400), look(350, Number.POSITIVE_INFINITY)], 300, 50)).toBe(Number.POSITIVE_INFINITY);
});
