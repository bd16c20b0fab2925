import { expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";

const rates = { "task-fails": 0.3, "submit-503": 0.2, "accept-500": 0.2 } as const;

async function statuses(client: TestClient, id: string): Promise<unknown> {
  return (await client.hiapi.read(id)).at("data.status");
}

test("the clock factor shortens the work and leaves the timestamps real", async () => {
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
  // A day of the provider's is 432 s here.
  expect(Number(done.at("data.output.0.expireAt")) - Number(done.at("data.completed"))).toBe(432);
});

test("a task is done at exactly the wanted read", async () => {
  await using client = await openSimulator({ finishAfterPolls: 4 });
  const id = await client.hiapi.start();
  const seen = [];
  for (let read = 0; read < 5; read++) seen.push(await statuses(client, id));
  expect(seen).toEqual(["handling", "handling", "handling", "success", "success"]);
});

/** What befalls forty prompts, by marker, whatever the order in which they are sent. */
async function fates(seed: number, numbers: number[]): Promise<Record<string, string>> {
  await using client = await openSimulator({ seed, rates });
  const fate: Record<string, string> = {};
  await Promise.all(
    numbers.map(async (number) => {
      const created = await client.hiapi.create({ prompt: `cup [[marker:${number}]]` });
      const id = created.at("data.taskId");
      const status = id === undefined ? undefined : await statuses(client, String(id));
      fate[number] = `${created.status} ${status}`;
    }),
  );
  return fate;
}

test("the same seed deals the same fates, in any order of requests; another seed deals others", async () => {
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  const first = await fates(7, numbers);
  expect(new Set(Object.values(first))).toEqual(new Set(["200 success", "200 fail", "503 undefined", "500 undefined"]));
  expect(await fates(7, numbers.toReversed())).toEqual(first);
  expect(await fates(8, numbers)).not.toEqual(first);
});

test("generation times have the asked median and a spread around it", async () => {
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

test("finished tasks beyond those to be kept are forgotten, and their sums stay", async () => {
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

test("closing twice is closing once, and leaves nothing that would keep a process alive", async () => {
  const client = await openSimulator({ finishAfterPolls: undefined, clockFactor: 1 });
  await client.hiapi.start();
  await client.simulator.close();
  await client.simulator.close();
  await expect(client.get("/healthz")).rejects.toThrow("fetch failed");
});
