import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import type { PlainProvider } from "./provider.ts";
import { connectTo, type FinalizeJob, type PlainQueues, type PollJob, type SubmitJob } from "./queues.ts";

export interface WorkerOptions {
  redisUrl: string;
  concurrency: number;
}

/** First and longest wait between two polls of a task. */
export interface Backoff {
  firstMs: number;
  longestMs: number;
}

/** Creates the task and enqueues its polls. */
export function submitWorker(provider: PlainProvider, queues: PlainQueues, backoff: Backoff, options: WorkerOptions) {
  const submit = async (job: Job<SubmitJob>, token?: string): Promise<string> => {
    const { prompt, resolution, seconds, webhook } = job.data;
    const id = job.id ?? "";
    const created = await provider.create(id, { prompt, resolution, duration: seconds, aspect_ratio: "16:9" });
    if (created.kind === "busy") {
      await job.moveToDelayed(Date.now() + 5_000, token);
      throw new DelayedError();
    }
    const { taskId } = created;
    await queues.poll.add("poll", { taskId, webhook }, { jobId: id, delay: backoff.firstMs });
    return taskId;
  };
  return new Worker<SubmitJob>("submit", submit, workerOptions(options));
}

/** Polls a task; the delay of its job doubles with each poll. */
export function pollWorker(provider: PlainProvider, queues: PlainQueues, backoff: Backoff, options: WorkerOptions) {
  const poll = async (job: Job<PollJob>, token?: string): Promise<void> => {
    const task = await provider.read(job.data.taskId);
    switch (task.kind) {
      case "pending": {
        const waitMs = Math.min(backoff.longestMs, backoff.firstMs * 2 ** job.attemptsStarted);
        await job.moveToDelayed(Date.now() + waitMs, token);
        throw new DelayedError();
      }
      case "failed":
        throw new UnrecoverableError(task.message);
      case "succeeded":
        await queues.finalize.add("finalize", { ...job.data, url: task.url }, { jobId: job.id ?? "" });
    }
  };
  return new Worker<PollJob>("poll", poll, workerOptions(options));
}

/** Stores the video and sends the webhook. */
export function finalizeWorker(
  store: (id: string, url: string) => Promise<number>,
  announce: (id: string, webhook: string, data: object) => Promise<void>,
  options: WorkerOptions,
) {
  const finalize = async (job: Job<FinalizeJob>): Promise<void> => {
    const { url, taskId, webhook } = job.data;
    const id = job.id ?? "";
    const bytes = await store(id, url);
    await announce(id, webhook, {
      id,
      state: "succeeded",
      taskId,
      outputs: [{ kind: "video", bytes, path: `${id}.mp4` }],
    });
  };
  return new Worker<FinalizeJob>("finalize", finalize, workerOptions(options));
}

const workerOptions = ({ redisUrl, concurrency }: WorkerOptions) => ({ connection: connectTo(redisUrl), concurrency });
