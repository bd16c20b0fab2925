import { once } from "node:events";
import { eventually, sharedRedis, uniqueCell } from "@reelqueue/testing";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bullPrefix, consume, type JobResult, openQueues, type Queues } from "./index.ts";

let scope: AsyncDisposableStack;
let queues: Queues;
let options: Parameters<typeof consume>[2];
beforeEach(async () => {
  const url = await sharedRedis();
  const prefix = `{${uniqueCell()}}`;
  const connect = () => new Redis(url, { maxRetriesPerRequest: null });
  scope = new AsyncDisposableStack();
  queues = scope.use(openQueues({ connect, prefix }));
  options = { connect, prefix, concurrency: 5, onError: () => {} };
});
afterEach(() => scope.disposeAsync());

function consumeWith(
  answer: (times: number) => JobResult | Promise<JobResult>,
): { generation: string; dispatchSeq: number }[] {
  const seen: { generation: string; dispatchSeq: number }[] = [];
  scope.use(
    consume(
      "submit",
      async (job) => {
        seen.push(job);
        return answer(seen.length);
      },
      options,
    ),
  );
  return seen;
}

test("queue: a dispatch added twice runs once, while BullMQ keeps its job", async () => {
  const seen = consumeWith(() => ({ kind: "done" }));
  await queues.add("submit", [
    { generation: "g1", dispatchSeq: 1 },
    { generation: "g1", dispatchSeq: 1 },
  ]);
  await queues.add("submit", [
    { generation: "g1", dispatchSeq: 1 },
    { generation: "g1", dispatchSeq: 2 },
  ]);
  await eventually(() => seen.length === 2 && queues.isIdle("submit"), { describe: "both dispatches are done" });
  expect(seen).toEqual([
    { generation: "g1", dispatchSeq: 1 },
    { generation: "g1", dispatchSeq: 2 },
  ]);
});

test("consume: `again` runs the job again later, `stop` does not", async () => {
  const seen = consumeWith((times) => (times === 1 ? { kind: "again", afterMs: 10 } : { kind: "stop", reason: "no" }));
  await queues.add("submit", [{ generation: "g1", dispatchSeq: 1 }]);
  await eventually(() => seen.length === 2 && queues.isIdle("submit"), { describe: "the job runs twice" });
});

test("queue: jobs run in order of priority", async () => {
  await queues.add("submit", [
    { generation: "late", dispatchSeq: 1, priority: 500_000 },
    { generation: "soon", dispatchSeq: 1, priority: 10 },
  ]);
  options = { ...options, concurrency: 1 };
  const seen = consumeWith(() => ({ kind: "done" }));
  await eventually(() => seen.length === 2, { describe: "both jobs run" });
  expect(seen.map(({ generation }) => generation)).toEqual(["soon", "late"]);
});

test("queue: a dispatch that has not started can be removed", async () => {
  await queues.add("submit", [{ generation: "g1", dispatchSeq: 1 }]);
  expect(await queues.isIdle("submit")).toBe(false);
  await queues.remove("submit", { generation: "g1", dispatchSeq: 1 });
  expect(await queues.isIdle("submit")).toBe(true);
  await queues.remove("submit", { generation: "g1", dispatchSeq: 1 });
});

test("consume: closing waits for the running jobs", async () => {
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<JobResult>();
  const consumer = consume(
    "submit",
    () => {
      started.resolve();
      return end.promise;
    },
    options,
  );
  await queues.add("submit", [{ generation: "g1", dispatchSeq: 1 }]);
  await started.promise;
  let closed = false;
  const closing = consumer[Symbol.asyncDispose]().then(() => {
    closed = true;
  });
  expect([consumer.active(), closed]).toEqual([1, false]);
  end.resolve({ kind: "done" });
  await closing;
  expect(await queues.isIdle("submit")).toBe(true);
});

test("consume: closing aborts the signals of running jobs after `endWithinMs`, and waits for the jobs", async () => {
  const started = Promise.withResolvers<void>();
  const consumer = consume(
    "finalize",
    async (_, signal) => {
      started.resolve();
      await once(signal, "abort");
      return { kind: "again", afterMs: 0 };
    },
    { ...options, endWithinMs: 50 },
  );
  await queues.add("finalize", [{ generation: "g1", dispatchSeq: 1 }]);
  await started.promise;
  await consumer[Symbol.asyncDispose]();
  expect(consumer.active()).toBe(0);
  expect(await queues.isIdle("finalize")).toBe(false);
});

test("queue: a job without data fails once, is not handled, and the next job runs", async () => {
  const seen = consumeWith(() => ({ kind: "done" }));
  const foreign = scope.adopt(
    new Queue("submit", { connection: options.connect(), prefix: bullPrefix(options.prefix) }),
    (queue) => queue.close(),
  );
  const job = await foreign.add("x", null, { attempts: 5 });
  await queues.add("submit", [{ generation: "g1", dispatchSeq: 1 }]);
  await eventually(async () => (await job.getState()) === "failed", { describe: "the job has failed" });
  await eventually(() => seen.length === 1, { describe: "the next job runs" });
  expect((await foreign.getJob(job.id ?? ""))?.attemptsMade).toBe(1);
});
