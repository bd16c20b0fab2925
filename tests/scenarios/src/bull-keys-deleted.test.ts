import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld, type World } from "./world.ts";

test("BullMQ keys deleted with work in progress: every generation succeeds, none paid twice", async () => {
  await using world = await startWorld();
  const inputs = Array.from({ length: 60 }, (_, i) => ({
    prompt: `a kite above a dune [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: i % 2 === 0 ? "hiapi" : "jiekou",
  }));
  const ids = await world.enqueue(inputs);
  for (const reached of [5, 25, 45]) {
    await eventually(async () => (await world.bill()).tasks >= reached, {
      describe: `${reached} tasks exist`,
      timeoutMs: 120_000,
    });
    await eventually(async () => deleteBullKeys(world), { describe: "BullMQ has keys to delete" });
  }
  const rested = await world.rested(ids);
  expect(new Set(rested.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const bill = await world.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([60, 60, []]);
  expect(await contradictions(world)).toEqual([]);
});

async function deleteBullKeys({ here }: World): Promise<number> {
  const keys = await here.cell.redis.keys(`${here.cell.prefix}:bull:*`);
  return keys.length === 0 ? 0 : here.cell.redis.del(...keys);
}
