export { type ConsumeOptions, type Consumer, consume, type JobResult } from "./consume.ts";
export { bullPrefix, type Job, openQueues, type Queues } from "./queues.ts";
