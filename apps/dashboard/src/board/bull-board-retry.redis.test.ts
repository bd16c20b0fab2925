import { createServer, type Server } from "node:http";
import { jobId } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { accept, find, submit } from "@reelqueue/pipeline";
import { bullPrefix, consume } from "@reelqueue/queue";
import { eventually, sharedRedis } from "@reelqueue/testing";
import { Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../test-dashboard.ts";
import { failedWith, fill } from "../test-ledger.ts";

let dashboard: TestDashboard;

afterEach(() => dashboard[Symbol.asyncDispose]());

const press = (queue: string, id: string) => dashboard.operator.send("PUT", `/api/queues/${queue}/${id}/retry`);
const generation = (id: string) => find(id, dashboard.installation);

describe("Retry on a generation", () => {
  beforeEach(async () => {
    dashboard = await openTestDashboard();
  });

  test("failed upstream: one new attempt, however often it is sent", async () => {
    const id = await failedWith(dashboard.installation.cell, { class: "upstream", message: "renderer fell over" });
    const pressed = await Promise.all([press("generations", id), press("generations", id), press("generations", id)]);
    pressed.push(await press("generations", id));
    expect(pressed.map(({ status }) => status).filter((status) => status === 204)).toHaveLength(1);
    const after = await generation(id);
    expect(after).toMatchObject({ state: "queued", attempt: 2 });
    expect(after?.timeline.filter(({ note }) => note === "retried on request")).toHaveLength(1);
  });

  test("failed as output_lost: its video is downloaded again, without a new attempt", async () => {
    const id = await failedWith(dashboard.installation.cell, { class: "output_lost", message: "lost" });
    expect((await press("generations", id)).status).toBe(204);
    expect(await generation(id)).toMatchObject({ state: "finalizing", attempt: 1 });
    expect(await dashboard.installation.queues.isIdle("finalize")).toBe(false);
  });

  test("failed as billing_uncertain: nothing changes, and the answer says what to do", async () => {
    const advice = "check the provider for its task first";
    const id = await failedWith(dashboard.installation.cell, { class: "billing_uncertain", message: "lost" });
    const before = await ledger.read(dashboard.installation.cell, id);
    const answer = await press("generations", id);
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { error: "Not done", message: expect.stringContaining(advice) },
    ]);
    expect(await ledger.read(dashboard.installation.cell, id)).toEqual(before);
    const logs = await dashboard.operator.json<string[]>(`/api/queues/generations/${id}/logs`);
    expect(logs.at(-1)).toContain("what to do: ");
  });

  test("needs_review: nothing changes, and the answer names the review command", async () => {
    const [id = ""] = await fill(dashboard.installation.cell, "needs_review", 1);
    const answer = await press("generations", id);
    expect([answer.status, await answer.json()]).toMatchObject([
      409,
      { message: expect.stringContaining("./reelqueue review") },
    ]);
    expect(await generation(id)).toMatchObject({ state: "needs_review", attempt: 1 });
  });

  test.each(["queued", "running", "unknown", "succeeded", "canceled"] as const)(
    "%s: nothing changes",
    async (state) => {
      const [id = ""] = await fill(dashboard.installation.cell, state, 1);
      expect((await press("generations", id)).status).toBeGreaterThanOrEqual(400);
      expect(await generation(id)).toMatchObject({ state, attempt: 1 });
    },
  );
});

describe("Retry on a BullMQ submit job", () => {
  let provider: Server;
  let posts = 0;

  /** Counts POSTs; accepts every prompt but those that contain "refuse". */
  beforeEach(async () => {
    posts = 0;
    provider = createServer(async (request, response) => {
      posts += 1;
      const refuse = (await Array.fromAsync(request)).join("").includes("refuse");
      response.writeHead(refuse ? 400 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(refuse ? refusal : { code: 200, message: "success", data: { taskId: "task-1" } }));
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    const address = provider.address();
    const port = typeof address === "object" ? address?.port : undefined;
    dashboard = await openTestDashboard({
      env: { TEST_KEY: "sk-test" },
      config: {
        accounts: { hiapi: { provider: "hiapi", baseUrl: `http://127.0.0.1:${port}`, keyEnv: "TEST_KEY" } },
        allowPrivate: ["127.0.0.0/8"],
      },
    });
  });
  afterEach(() => void provider.close());

  test.each([
    ["completed", "a lighthouse at dawn", "completed", "running"],
    ["failed", "refuse this", "failed", "failed"],
  ] as const)("%s: the job runs again and sends nothing", async (_, prompt, end, state) => {
    await using scope = new AsyncDisposableStack();
    const { id, job, finishedAgain } = await submitted(scope, prompt, end);
    expect(await generation(id)).toMatchObject({ state, attempt: 1 });
    expect(posts).toBe(1);
    expect((await press("submit", job)).status).toBe(204);
    await finishedAgain();
    expect(posts).toBe(1);
    expect(await generation(id)).toMatchObject({ state, attempt: 1 });
  });
});

const refusal = { code: 400, message: "invalid request", data: null, error_code: "INVALID_REQUEST" };

/** Enqueues a generation, runs the real submit stage, and waits for the end of its job. */
async function submitted(scope: AsyncDisposableStack, prompt: string, end: "completed" | "failed") {
  const { installation } = dashboard;
  const { cell, connect } = installation;
  const url = await sharedRedis();
  const queue = scope.adopt(new Queue("submit", { connection: connect(), prefix: bullPrefix(cell.prefix) }), (open) =>
    open.close(),
  );
  let runs = 0;
  scope.use(
    consume(
      "submit",
      async (job) => {
        const result = await submit(job, installation);
        runs += 1;
        return result;
      },
      { connect: () => ledger.connect(url, "worker"), prefix: cell.prefix, concurrency: 1, onError: () => {} },
    ),
  );
  const request = { prompt, seconds: 4, resolution: "480p", ratio: "16:9", account: "hiapi" };
  const [row] = await accept([request], { tenant: "default" }, installation);
  if (row?.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(row)}`);
  const job = jobId("submit", { generation: row.id, dispatchSeq: 1 });
  const ended = (count: number) =>
    eventually(
      async () =>
        runs === count && (await queue.getJobState(job)) !== "active" && (await queue.getJobState(job)) !== "waiting",
      {
        describe: `the job has run ${count} times`,
      },
    );
  await ended(1);
  expect(await queue.getJobState(job)).toBe(end);
  return { id: row.id, job, finishedAgain: () => ended(2) };
}
