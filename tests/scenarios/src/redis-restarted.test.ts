import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, oneOfEach, startTestSystem } from "./system.ts";

test("Redis killed and restarted three times with work in progress: nothing lost, nothing paid twice", async () => {
  await using system = await startTestSystem({ apps: oneOfEach });
  const inputs = Array.from({ length: 60 }, (_, i) => ({
    prompt: `clouds over a harbour [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));
  const ids = await system.enqueue(inputs);
  for (const reached of [5, 20, 40]) {
    await eventually(async () => (await system.bill()).tasks >= reached, {
      describe: `${reached} tasks exist`,
      timeoutMs: 120_000,
    });
    await system.redis.kill("SIGKILL");
    await system.redis.restart();
  }
  const rested = await system.waitForRest(ids);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([60, 60, []]);
  expect(await contradictions(system)).toEqual([]);
});
