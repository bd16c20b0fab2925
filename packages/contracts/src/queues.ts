/** The BullMQ queues, by stage. They say who works when; the ledger says what is true. */
export const queues = {
  submit: { name: "submit", does: "one POST that creates the paid task" },
  poll: { name: "poll", does: "the repeatable tick that wakes the pollers" },
  finalize: { name: "finalize", does: "downloads the outputs of one finished task" },
} as const;
export type QueueName = keyof typeof queues;

/** What a job carries: enough to find the record, never the request itself. */
export interface JobRef {
  generation: string;
  /** The hand-over number in the record; a job with another number is stale and ends without effect. */
  dispatchSeq: number;
}

/** The BullMQ job id of one hand-over (BullMQ refuses ids with a colon, and ids of digits only). */
export function jobId(stage: QueueName, { generation, dispatchSeq }: JobRef): string {
  return `${stage}-${generation}-${dispatchSeq}`;
}
