import { eventually, startLocalRedis } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { openTestDashboard } from "../test-dashboard.ts";
import { fill } from "../test-ledger.ts";

test("Redis unavailable: every request says so at once; back: the queues are shown again", async () => {
  await using scope = new AsyncDisposableStack();
  const redis = scope.adopt(await startLocalRedis(), (server) => server.stop());
  const dashboard = scope.use(await openTestDashboard({ redisUrl: redis.url }));
  const [id = ""] = await fill(dashboard.installation.cell, "failed", 1);
  await redis.kill();
  for (const [method, path] of [
    ["GET", "/api/queues"],
    ["GET", "/api/queues?activeQueue=submit&status=failed"],
    ["GET", `/api/queues/generations/${id}`],
    ["PUT", `/api/queues/generations/${id}/retry`],
  ] as const) {
    const answer = await dashboard.operator.send(method, path);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: "Redis is unavailable", message: expect.stringContaining("Redis does not answer") },
    ]);
  }
  expect((await fetch(`${dashboard.url}/healthz`)).status).toBe(200);
  await redis.restart();
  const counts = await eventually(async () => (await dashboard.operator.queues()).generations?.counts, {
    describe: "the queues are shown again",
  });
  expect(counts).toMatchObject({ failed: 1 });
});
