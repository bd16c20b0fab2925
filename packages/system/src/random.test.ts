import { expect, test } from "vitest";
import { seededNumbers } from "./random.ts";

test("seededNumbers: a seed always gives the same sequence", () => {
  const next = seededNumbers(1);
  expect([next(), next(), next()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
});
