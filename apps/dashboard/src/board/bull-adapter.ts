import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobCleanStatus, JobStatus, QueueAdapterOptions } from "@bull-board/api/typings/app";
import { redact } from "@reelqueue/runtime";
import type { Job, Queue } from "bullmq";
import { mostPerPage } from "./queue-kinds.ts";
import { refuse } from "./refused.ts";

const mostCleaned = 100;
const unbounded = "This would act on a whole queue at once.";

/** Bull Board's own adapter for BullMQ, without what acts on any number of jobs at once. */
export class BullAdapter extends BullMQAdapter {
  readonly #queue: Queue;

  constructor(queue: Queue, options: Partial<QueueAdapterOptions>) {
    super(queue, options);
    this.#queue = queue;
    for (const field of ["data", "returnValue", "progress"] as const) this.setFormatter(field, redact);
  }

  override getJobs(statuses: JobStatus[], start = 0, end = start + mostPerPage - 1): Promise<Job[]> {
    return super.getJobs(statuses, start, Math.min(end, start + mostPerPage - 1));
  }

  /** The oldest hundred; pressing again takes the next. */
  override async clean(status: JobCleanStatus, graceTimeMs: number): Promise<void> {
    await this.#queue.clean(graceTimeMs, mostCleaned, status);
  }

  override empty = (): Promise<void> => refuse(unbounded);
  override obliterate = (): Promise<void> => refuse(unbounded);
  override promoteAll = (): Promise<void> => refuse(unbounded);
}
