import { expect, test } from "vitest";
import { contradictions, oneOfEach, startTestSystem } from "./system.ts";

test("happy path: 20 generations at two providers → succeeded, one charge each", async () => {
  await using system = await startTestSystem({ apps: oneOfEach });
  const inputs = Array.from({ length: 20 }, (_, i) => ({
    prompt: `a paper boat on a river [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));
  const ids = await system.enqueue(inputs);
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([20, 20, []]);
  expect(await contradictions(system)).toEqual([]);
});
