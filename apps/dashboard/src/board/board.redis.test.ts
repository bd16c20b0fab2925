import type { AppJob } from "@bull-board/api/typings/app";
import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { bullPrefix } from "@reelqueue/queue";
import { type LocalRedis, startLocalRedis } from "@reelqueue/testing";
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../test-dashboard.ts";
import { fill } from "../test-ledger.ts";

const filled: Record<State, number> = {
  queued: 2_500,
  preparing: 5,
  submitting: 12,
  unknown: 3,
  needs_review: 2,
  running: 1_200,
  finalizing: 8,
  succeeded: 1_000,
  failed: 40,
  canceled: 7,
  expired: 4,
};

// a Redis of its own: the tests count its commands and writes
let redis: LocalRedis;
let dashboard: TestDashboard;
const ids = {} as Record<State, string[]>;

beforeAll(async () => {
  redis = await startLocalRedis();
  dashboard = await openTestDashboard({ redisUrl: redis.url });
  for (const [state, count] of Object.entries(filled) as [State, number][]) {
    ids[state] = await fill(dashboard.installation.cell, state, count);
  }
});
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]();
  await redis.stop();
});

const jobsOf = async (status: string, page: number, jobsPerPage = 10): Promise<AppJob[]> =>
  (await dashboard.operator.queues({ activeQueue: "generations", status, page, jobsPerPage })).generations?.jobs ?? [];

test("the overview counts every generation of the ledger under the status of its state", async () => {
  const { generations } = await dashboard.operator.queues();
  expect(generations?.counts).toMatchObject({
    waiting: 2_500,
    active: 5 + 12 + 1_200 + 8,
    delayed: 3,
    completed: 1_000 + 7,
    failed: 40 + 4 + 2,
  });
  expect(generations?.jobs).toEqual([]);
});

test.each([[null], ["text"], [{ generation: 7 }]])(
  "a job of BullMQ with the data %j does not break its page",
  async (data) => {
    const { cell, connect } = dashboard.installation;
    await using scope = new AsyncDisposableStack();
    const queue = scope.adopt(new Queue("submit", { connection: connect(), prefix: bullPrefix(cell.prefix) }), (open) =>
      open.close(),
    );
    const job = await queue.add("foreign", data);
    const { submit } = await dashboard.operator.queues({ activeQueue: "submit", status: "waiting", page: 1 });
    expect(submit?.jobs.map(({ id, externalUrl }) => [id, externalUrl?.displayText])).toEqual([
      [job.id, "no generation"],
    ]);
    expect((await dashboard.operator.send("GET", `/api/queues/submit/${job.id}`)).status).toBe(200);
    await job.remove();
  },
);

test("the board lists the ledger's queues and BullMQ's", async () => {
  expect(Object.keys(await dashboard.operator.queues())).toEqual([
    "generations",
    "deliveries",
    "submit",
    "poll",
    "finalize",
  ]);
});

describe("pages", () => {
  test("the first page is the newest", async () => {
    const page = await jobsOf("waiting", 1);
    const places = page.map(({ id }) => ids.queued.indexOf(`${id}`));
    expect(places).toHaveLength(10);
    // the ledger accepts 250 at once, all of the same age
    expect(Math.min(...places)).toBeGreaterThanOrEqual(2_250);
  });

  test("all pages together show each generation once", async () => {
    const { generations } = await dashboard.operator.queues({
      activeQueue: "generations",
      status: "waiting",
      jobsPerPage: 250,
    });
    expect(generations?.pagination.pageCount).toBe(10);
    const pages = await Promise.all(Array.from({ length: 10 }, (_, i) => jobsOf("waiting", i + 1, 250)));
    expect(
      pages
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...ids.queued].sort());
  });

  test("a page after the last one is empty", async () => {
    expect(await jobsOf("waiting", 9_999)).toEqual([]);
  });

  test("the latest jobs of every status are one page", async () => {
    expect(await jobsOf("latest", 1)).toHaveLength(10 + 10 + 10 + 10 + 3);
  });

  test("a page of more than 300 jobs is refused", async () => {
    const answer = await dashboard.operator.send(
      "GET",
      "/api/queues?activeQueue=generations&status=waiting&jobsPerPage=100000",
    );
    expect(answer.status).toBe(400);
    expect(await jobsOf("waiting", 1, 300)).toHaveLength(300);
  });

  test("a deep page costs as many Redis commands as the first one", async () => {
    const { cell } = dashboard.installation;
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await cell.redis.info("stats"))?.[1]);
    const cost = async (page: number) => {
      const before = await commands();
      await jobsOf("completed", page);
      return (await commands()) - before;
    };
    const [first, deep] = [await cost(1), await cost(100)];
    expect(deep).toBeLessThan(first + 50);
  });
});

describe("one job", () => {
  const jobOf = (id: string | undefined) =>
    dashboard.operator.json<{ job: AppJob; status: string }>(`/api/queues/generations/${id}`);

  test("succeeded: request, outputs, cost and times are shown", async () => {
    const { job, status } = await jobOf(ids.succeeded[0]);
    expect(status).toBe("completed");
    expect(job).toMatchObject({
      name: "hiapi seedance-2.0",
      attempts: 1,
      isFailed: false,
      data: { model: "seedance-2.0", seconds: 5, account: "hiapi" },
      returnValue: {
        outputs: [{ kind: "video", file: "a/b/video.mp4", bytes: 51_200 }],
        cost: { estimateUsd: 0.756, settledUsd: 0.756 },
      },
      opts: { state: "succeeded", taskId: `task-${ids.succeeded[0]}`, attempts: 2 },
    });
    expect(job.processedOn).toBeGreaterThanOrEqual(job.timestamp);
    expect(job.finishedOn).toBeGreaterThanOrEqual(job.processedOn ?? Number.POSITIVE_INFINITY);
  });

  test("failed: class, message and advice are shown", async () => {
    const { job, status } = await jobOf(ids.failed[0]);
    expect({ status, isFailed: job.isFailed, failedReason: job.failedReason }).toEqual({
      status: "failed",
      isFailed: true,
      failedReason: "upstream: the provider's renderer fell over",
    });
    expect(job.stacktrace).toEqual([expect.stringMatching(/^upstream: .* fell over\n\nwhat to do: .*Retry/)]);
  });

  test("queued: why it waits is shown", async () => {
    const { job, status } = await jobOf(ids.queued[5]);
    expect(status).toBe("waiting");
    expect(job.progress).toMatchObject({ state: "queued", waiting: expect.stringMatching(/behind \d+/) });
  });

  test("unknown: the time of the next reconciliation is shown", async () => {
    const { job, status } = await jobOf(ids.unknown[0]);
    expect(status).toBe("delayed");
    expect(job.timestamp + (job.delay ?? 0)).toBeGreaterThan(Date.now());
  });

  test("logs: the timeline, then what an operator can do", async () => {
    const logs = await dashboard.operator.json<string[]>(`/api/queues/generations/${ids.failed[0]}/logs`);
    expect(logs).toHaveLength(5);
    expect(logs[0]).toMatch(/^\d{4}-\d\d-\d\dT.*Z {2}queued: accepted$/);
    expect(logs[3]).toMatch(/failed: the provider's renderer fell over$/);
    expect(logs[4]).toMatch(/^what to do: .*Retry/);
    const review = await dashboard.operator.json<string[]>(`/api/queues/generations/${ids.needs_review[0]}/logs`);
    expect(review.at(-1)).toContain(`./reelqueue review ${ids.needs_review[0]}`);
  });

  test("an unknown generation: 404", async () => {
    expect((await dashboard.operator.send("GET", "/api/queues/generations/nothing")).status).toBe(404);
    expect(await dashboard.operator.json("/api/queues/generations/nothing/logs")).toEqual([]);
  });

  test("reading every page writes nothing", async () => {
    const { cell } = dashboard.installation;
    const state = async () => ({
      record: await ledger.read(cell, ids.queued[0] ?? ""),
      keys: (await cell.redis.keys(`${cell.prefix}:*`)).length,
      changes: /rdb_changes_since_last_save:(\d+)/.exec(await cell.redis.info("persistence"))?.[1],
    });
    const before = await state();
    await jobOf(ids.queued[0]);
    await dashboard.operator.json(`/api/queues/generations/${ids.queued[0]}/flow`);
    await dashboard.operator.json("/api/queues/generations/metrics");
    await dashboard.operator.json("/api/queues/generations/workers");
    await dashboard.operator.json("/api/job-schedulers");
    await dashboard.operator.json("/api/redis/stats");
    expect(await state()).toEqual(before);
  });
});
