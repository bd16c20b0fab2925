import { Queue, type QueueOptions } from "bullmq";
import { Redis } from "ioredis";

/** One row: the job of the first queue. */
export interface SubmitJob {
  prompt: string;
  resolution: string;
  seconds: number;
  webhook: string;
}

export interface PollJob {
  taskId: string;
  webhook: string;
}

export interface FinalizeJob extends PollJob {
  url: string;
}

/** Keeps the same job history as reelqueue. */
const options = (connection: Redis): QueueOptions => ({
  connection,
  defaultJobOptions: {
    removeOnComplete: { count: 200 },
    removeOnFail: { count: 1_000 },
    attempts: 5,
    backoff: { type: "exponential", delay: 1_000 },
  },
  streams: { events: { maxLen: 1_000 } },
});

export const connectTo = (url: string): Redis => new Redis(url, { maxRetriesPerRequest: null });

export function openQueues(connection: Redis) {
  return {
    submit: new Queue<SubmitJob>("submit", options(connection)),
    poll: new Queue<PollJob>("poll", options(connection)),
    finalize: new Queue<FinalizeJob>("finalize", options(connection)),
  };
}
export type PlainQueues = ReturnType<typeof openQueues>;
