import { createServer } from "node:http";
import { Queue, Worker } from "bullmq";
import { connectTo } from "../plain/queues.ts";

/** The bare three-hop chain: three workers in one process, 50 jobs at once; finished jobs are removed. */
const removed = { defaultJobOptions: { removeOnComplete: true, removeOnFail: true } };
const [second, third] = ["b", "c"].map(
  (name) => new Queue(name, { connection: connectTo(process.env.REDIS_URL ?? ""), ...removed }),
);
let done = 0;

const hop = (name: string, then: (data: object) => unknown) =>
  new Worker(name, async (job) => void (await then(job.data)), {
    connection: connectTo(process.env.REDIS_URL ?? ""),
    concurrency: 50,
  });
hop("a", (data) => second?.add("hop", data));
hop("b", (data) => third?.add("hop", data));
hop("c", () => {
  done += 1;
});

createServer((_, response) => response.end(JSON.stringify({ events: done }))).listen(
  Number(process.env.PORT),
  "127.0.0.1",
);
process.on("SIGTERM", () => process.exit(0));
