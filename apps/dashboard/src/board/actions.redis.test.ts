import { appRoutes } from "@bull-board/api/dist/routes.js";
import { bullPrefix } from "@reelqueue/queue";
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../test-dashboard.ts";
import { fill } from "../test-ledger.ts";

let dashboard: TestDashboard;
let submit: Queue;

beforeAll(async () => {
  dashboard = await openTestDashboard();
  const { cell, connect } = dashboard.installation;
  submit = new Queue("submit", { connection: connect(), prefix: bullPrefix(cell.prefix) });
});
afterAll(async () => {
  await submit.close();
  await dashboard[Symbol.asyncDispose]();
});

/** Every route of Bull Board's API that is not a GET. */
const actions = appRoutes.api.flatMap(({ method, route }) =>
  [method]
    .flat()
    .flatMap((verb) => (verb === "get" ? [] : [route].flat().map((path) => `${verb.toUpperCase()} ${path}`))),
);

function requestOf(action: string, queue: string): [string, string] {
  const [method = "", route = ""] = action.split(" ");
  const filled = { ":queueName": queue, ":queueStatus": "failed", ":jobId": "x", ":schedulerId": "tick" };
  return [method, Object.entries(filled).reduce((path, [name, value]) => path.replace(name, value), route)];
}

async function notRefused(queue: string): Promise<string[]> {
  const answers = await Promise.all(actions.map((action) => dashboard.operator.send(...requestOf(action, queue))));
  for (const [i, answer] of answers.entries()) {
    const { message } = answer.status === 204 ? {} : ((await answer.json()) as { message?: string });
    if (answer.status === 403) expect(message, actions[i]).toMatch(/\w+\./);
  }
  return actions.filter((_, i) => answers[i]?.status !== 403);
}

describe("of the changes in Bull Board's API, an operator may make only", () => {
  test("in the ledger's queues: Retry on one job", async () => {
    expect(actions.length).toBeGreaterThan(20);
    for (const queue of ["generations", "deliveries"]) {
      expect(await notRefused(queue)).toEqual(["PUT /api/queues/:queueName/:jobId/retry"]);
    }
  });

  test("in BullMQ's queues: actions on one job, clean of finished jobs, resume", async () => {
    expect(await notRefused("submit")).toEqual([
      "PUT /api/queues/:queueName/clean/:queueStatus",
      "PUT /api/queues/:queueName/resume",
      "PUT /api/queues/:queueName/:jobId/retry",
      "PUT /api/queues/:queueName/:jobId/clean",
      "PUT /api/queues/:queueName/:jobId/promote",
    ]);
  });

  test("in the tick queue and in unknown queues: none", async () => {
    expect(await notRefused("poll")).toEqual([]);
    expect(await notRefused("nothing")).toEqual([]);
  });
});

test("clean removes at most 100 finished jobs, and no waiting ones", async () => {
  await submit.addBulk(
    Array.from({ length: 150 }, (_, i) => ({ name: "submit", data: {}, opts: { jobId: `old-${i}` } })),
  );
  const before = Date.now() - 60_000;
  for (const job of await submit.getJobs(["waiting"], 0, 149)) await finishLongAgo(job.id ?? "", before);
  await dashboard.operator.send("PUT", "/api/queues/submit/clean/completed");
  expect(await submit.getCompletedCount()).toBe(50);
  for (const status of ["wait", "active", "delayed"]) {
    expect((await dashboard.operator.send("PUT", `/api/queues/submit/clean/${status}`)).status).toBe(403);
  }
});

async function finishLongAgo(id: string, atMs: number): Promise<void> {
  const { redis, prefix } = dashboard.installation.cell;
  const key = (name: string) => `${bullPrefix(prefix)}:submit:${name}`;
  await redis
    .multi()
    .lrem(key("wait"), 1, id)
    .zadd(key("completed"), atMs, id)
    .hset(key(id), "finishedOn", atMs)
    .exec();
}

test("a refused action changes nothing in the ledger", async () => {
  const { cell } = dashboard.installation;
  const [id = ""] = await fill(cell, "queued", 1);
  for (const action of ["clean", "promote", "retry"]) {
    const answer = await dashboard.operator.send("PUT", `/api/queues/generations/${id}/${action}`);
    expect(answer.status).toBe(action === "retry" ? 400 : 403);
  }
  const edit = await dashboard.operator.send("PATCH", `/api/queues/generations/${id}/update-data`, undefined, {
    jobData: {},
  });
  expect([edit.status, await edit.json()]).toEqual([
    403,
    { error: "Not offered", message: expect.stringContaining("frozen") },
  ]);
  expect((await dashboard.operator.queues()).generations?.counts.waiting).toBe(1);
});
