import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

test("happy path: 20 generations at two providers → succeeded, one charge each", async () => {
  await using world = await startWorld();
  const inputs = Array.from({ length: 20 }, (_, i) => ({
    prompt: `a paper boat on a river [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));
  const ids = await world.enqueue(inputs);
  const rested = await world.rested(ids);
  expect(rested.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  const bill = await world.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([20, 20, []]);
  expect(await contradictions(world)).toEqual([]);
});
