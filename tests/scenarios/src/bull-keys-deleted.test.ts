import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem, type TestSystem } from "./system.ts";

test("BullMQ keys deleted with work in progress: every generation succeeds, none paid twice", async () => {
  await using system = await startTestSystem();
  const inputs = Array.from({ length: 60 }, (_, i) => ({
    prompt: `a kite above a dune [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));
  const ids = await system.enqueue(inputs);
  for (const reached of [5, 25, 45]) {
    await eventually(async () => (await system.bill()).tasks >= reached, {
      describe: `${reached} tasks exist`,
      timeoutMs: 120_000,
    });
    await eventually(async () => deleteBullKeys(system), { describe: "BullMQ has keys to delete" });
  }
  const rested = await system.waitForRest(ids);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([60, 60, []]);
  expect(await contradictions(system)).toEqual([]);
});

async function deleteBullKeys({ installation }: TestSystem): Promise<number> {
  const keys = await installation.cell.redis.keys(`${installation.cell.prefix}:bull:*`);
  return keys.length === 0 ? 0 : installation.cell.redis.del(...keys);
}
