import { expect, test } from "vitest";
import { snapshotSchema } from "./options.ts";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";

const options = { clockFactor: 60, finishAfterPolls: undefined, generationMs: { median: 60_000 } };
const sent = { headers: { "idempotency-key": "order-1" } };

async function snapshotOf(client: TestClient) {
  return snapshotSchema.parse(await (await fetch(`${client.simulator.url}/simulator/snapshot`)).json());
}

test("snapshot: another simulator continues with the tasks, the bill and the idempotency keys", async () => {
  await using first = await openSimulator(options);
  const kept = await first.hiapi.create({ prompt: "cup [[marker:kept]]" }, sent);
  const id = String(kept.at("data.taskId"));
  const failing = await first.jiekou.start({ prompt: "frog [[marker:failing]] [[fault:task-fails*1]]" });
  const bill = (await first.ledger()).body;
  const snapshot = await snapshotOf(first);
  expect(snapshot.map((task) => task.id)).toEqual([id, failing]);

  await using second = await openSimulator({ ...options, snapshot });
  expect((await second.ledger()).body).toEqual(bill);
  expect((await second.hiapi.create({ prompt: "cup [[marker:kept]]" }, sent)).at("data.taskId")).toBe(id);
  expect((await second.hiapi.create({ prompt: "another body" }, sent)).status).toBe(422);
  await soon(async () => (await second.hiapi.read(id)).at("data.status")).toBe("success");
  await soon(async () => (await second.ledger("failing")).at("refunds")).toBe(1);
  const fresh = await second.hiapi.create({ prompt: "cup [[marker:kept]]" });
  expect(fresh.at("data.taskId")).not.toBe(id);
});

test("snapshot with an unknown vendor: the start fails", async () => {
  await using first = await openSimulator();
  await first.hiapi.start();
  const snapshot = (await snapshotOf(first)).map((task) => ({ ...task, vendor: "nobody" }));
  await expect(openSimulator({ snapshot })).rejects.toThrow("unknown vendor nobody");
});
