import { accept } from "@reelqueue/pipeline";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

test("idempotency key: the same rows enqueued concurrently and again later → one charge each", async () => {
  await using system = await startTestSystem();
  const inputs = Array.from({ length: 10 }, (_, i) => ({
    prompt: `a lighthouse [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: "jiekou",
    idempotencyKey: `row-${i}`,
  }));
  const rounds = await Promise.all([system.enqueue(inputs), system.enqueue(inputs), system.enqueue(inputs)]);
  expect(new Set(rounds.map((ids) => ids.join()))).toHaveProperty("size", 1);
  const ids = rounds[0] ?? [];
  await system.waitForRest(ids);
  const again = await accept(inputs, { tenant: "default" }, system.installation);
  expect(again.map(({ kind }) => kind)).toEqual(inputs.map(() => "existing"));
  const changed = await accept([{ ...inputs[0], prompt: "another body" }], { tenant: "default" }, system.installation);
  expect(changed).toEqual([{ kind: "mismatch", id: ids[0] }]);
  const bill = await system.bill();
  expect([bill.tasks, bill.charges]).toEqual([10, 10]);
  expect(await contradictions(system)).toEqual([]);
});
