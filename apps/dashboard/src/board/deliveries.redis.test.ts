import type { AppJob } from "@bull-board/api/typings/app";
import * as ledger from "@reelqueue/ledger";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../test-dashboard.ts";
import { announce } from "../test-ledger.ts";

let dashboard: TestDashboard;

beforeAll(async () => {
  dashboard = await openTestDashboard();
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const body = { type: "generation.failed", data: { id: "g1" } };
const jobOf = (id: string) => dashboard.operator.json<{ job: AppJob; status: string }>(`/api/queues/deliveries/${id}`);

/** Attempts every due delivery once, as the finalizer does. */
async function attemptAll(cell: ledger.Cell, outcome: Parameters<typeof ledger.delivered>[3]): Promise<void> {
  const { items, lease } = await ledger.claimDeliveries(cell, { limit: 10, perEndpoint: 10, leaseMs: 60_000 });
  for (const item of items) await ledger.delivered(cell, item, lease, outcome);
}

test("a delivery shows its event, attempts and result, and Retry sends it again", async () => {
  const { cell } = dashboard.installation;
  const id = await announce(cell, body);
  expect(await jobOf(id)).toMatchObject({ status: "delayed", job: { name: "generation.failed", data: body } });
  expect((await jobOf(id)).job.externalUrl?.href).toBe(`/queue/generations/${id.slice(4, -2)}`);

  await attemptAll(cell, { state: "pending", nextInMs: 0, note: "503: busy" });
  await attemptAll(cell, { state: "exhausted", note: "410: the endpoint wants no more" });
  const { job, status } = await jobOf(id);
  expect({ status, attempts: job.attempts, failedReason: job.failedReason }).toEqual({
    status: "failed",
    attempts: 2,
    failedReason: "given up at attempt 2: 410: the endpoint wants no more",
  });
  const logs = await dashboard.operator.json<string[]>(`/api/queues/deliveries/${id}/logs`);
  expect(logs).toEqual([expect.stringMatching(/Z {2}503: busy$/), expect.stringMatching(/Z {2}410: /)]);

  expect((await dashboard.operator.send("PUT", `/api/queues/deliveries/${id}/retry`)).status).toBe(204);
  expect((await jobOf(id)).status).toBe("delayed");
  const { items, lease } = await ledger.claimDeliveries(cell, { limit: 10, perEndpoint: 10, leaseMs: 60_000 });
  expect(items).toMatchObject([{ id, body: JSON.stringify(body), tries: 0 }]);
  await ledger.delivered(cell, { id, endpoint: "e1" }, lease, { state: "delivered", note: "200 in 12 ms" });
  expect(await jobOf(id)).toMatchObject({ status: "completed", job: { returnValue: { answer: "200 in 12 ms" } } });

  const { deliveries } = await dashboard.operator.queues({ activeQueue: "deliveries", status: "completed" });
  expect(deliveries?.counts).toMatchObject({ completed: 1, failed: 0, delayed: 0 });
  expect(deliveries?.jobs.map((each) => each.id)).toEqual([id]);
});
