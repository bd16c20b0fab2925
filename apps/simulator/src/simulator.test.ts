import { expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";

const rates = { "task-fails": 0.3, "submit-503": 0.2, "accept-500": 0.2 } as const;

async function statuses(client: TestClient, id: string): Promise<unknown> {
  return (await client.hiapi.read(id)).at("data.status");
}

test("clock factor: shortens durations, keeps timestamps real", async () => {
  await using client = await openSimulator({
    finishAfterPolls: undefined,
    clockFactor: 200,
    generationMs: { median: 60_000 },
  });
  const startedAt = performance.now();
  const id = await client.hiapi.start();
  await soon(() => statuses(client, id)).toBe("success");
  const tookMs = performance.now() - startedAt;
  expect(tookMs).toBeGreaterThanOrEqual(295);
  expect(tookMs).toBeLessThan(5_000);
  const done = await client.hiapi.read(id);
  expect(Math.abs(Number(done.at("data.created")) - Date.now() / 1_000)).toBeLessThan(10);
  // A day of provider time is 432 s here.
  expect(Number(done.at("data.output.0.expireAt")) - Number(done.at("data.completed"))).toBe(432);
});

test("finishAfterPolls: the task ends at exactly that read", async () => {
  await using client = await openSimulator({ finishAfterPolls: 4 });
  const id = await client.hiapi.start();
  const seen = [];
  for (let read = 0; read < 5; read++) seen.push(await statuses(client, id));
  expect(seen).toEqual(["handling", "handling", "handling", "success", "success"]);
});

/** The outcome of one submission per number, by number. */
async function outcomesOf(seed: number, numbers: number[]): Promise<Record<string, string>> {
  await using client = await openSimulator({ seed, rates });
  const outcomes: Record<string, string> = {};
  await Promise.all(
    numbers.map(async (number) => {
      const created = await client.hiapi.create({ prompt: `cup [[marker:${number}]]` });
      const id = created.at("data.taskId");
      const status = id === undefined ? undefined : await statuses(client, String(id));
      outcomes[number] = `${created.status} ${status}`;
    }),
  );
  return outcomes;
}

test("the same seed gives the same outcomes in any order of requests; another seed gives others", async () => {
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  const first = await outcomesOf(7, numbers);
  expect(new Set(Object.values(first))).toEqual(new Set(["200 success", "200 fail", "503 undefined", "500 undefined"]));
  expect(await outcomesOf(7, numbers.toReversed())).toEqual(first);
  expect(await outcomesOf(8, numbers)).not.toEqual(first);
});

test("generationMs: times have the given median and spread", async () => {
  const generationMs = { median: 100_000_000, sigma: 0.5 };
  await using client = await openSimulator({ finishAfterPolls: undefined, clockFactor: 1_000_000, generationMs });
  for (let number = 0; number < 60; number++) await client.hiapi.start({ prompt: `cup ${number}` });
  await soon(async () => (await client.get("/simulator/tasks?state=succeeded")).at("tasks")).toHaveLength(60);
  const { tasks } = (await client.get("/simulator/tasks")).body as { tasks: { acceptedAt: number; endedAt: number }[] };
  const tookMs = tasks.map(({ acceptedAt, endedAt }) => endedAt - acceptedAt).toSorted((a, b) => a - b);
  expect(tookMs[30]).toBeGreaterThan(80);
  expect(tookMs[30]).toBeLessThan(125);
  expect((tookMs[55] ?? 0) / (tookMs[5] ?? 0)).toBeGreaterThan(2);
});

test("keepTasks: surplus finished tasks are dropped, their sums stay", async () => {
  await using client = await openSimulator({ keepTasks: 10 });
  for (let number = 0; number < 30; number++) {
    await client.hiapi.read(await client.hiapi.start({ prompt: `cup [[marker:${number}]]` }));
  }
  const ledger = await client.ledger();
  expect(ledger.body).toMatchObject({ tasks: 30, charges: 30, refunds: 0 });
  const kept = Object.keys(ledger.at("byMarker") as object).length;
  expect(kept).toBeLessThanOrEqual(11);
  expect(ledger.at("forgottenTasks")).toBe(30 - kept);
});

test("close is idempotent, and stops serving", async () => {
  const client = await openSimulator({ finishAfterPolls: undefined, clockFactor: 1 });
  await client.hiapi.start();
  await client.simulator.close();
  await client.simulator.close();
  await expect(client.get("/healthz")).rejects.toThrow("fetch failed");
});
