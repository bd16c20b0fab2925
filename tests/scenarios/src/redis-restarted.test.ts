import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

test("Redis killed and restarted three times with work in progress: nothing lost, nothing paid twice", async () => {
  await using world = await startWorld();
  const inputs = Array.from({ length: 60 }, (_, i) => ({
    prompt: `clouds over a harbour [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));
  const ids = await world.enqueue(inputs);
  for (const reached of [5, 20, 40]) {
    await eventually(async () => (await world.bill()).tasks >= reached, {
      describe: `${reached} tasks exist`,
      timeoutMs: 120_000,
    });
    await world.redis.kill("SIGKILL");
    await world.redis.restart();
  }
  const rested = await world.rested(ids);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await world.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([60, 60, []]);
  expect(await contradictions(world)).toEqual([]);
});
