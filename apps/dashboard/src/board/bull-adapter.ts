import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobCleanStatus, JobStatus, QueueAdapterOptions } from "@bull-board/api/typings/app";
import { redact } from "@reelqueue/runtime";
import type { Job, Queue } from "bullmq";
import { maxJobsPerPage, refuse } from "./actions.ts";

const maxCleaned = 100;
const unbounded = "This would act on a whole queue at once.";

/** Bull Board's own adapter for BullMQ, without the actions on an unbounded number of jobs. */
export class BullAdapter extends BullMQAdapter {
  readonly #queue: Queue;

  constructor(queue: Queue, options: Partial<QueueAdapterOptions>) {
    super(queue, options);
    this.#queue = queue;
    for (const field of ["data", "returnValue", "progress"] as const) this.setFormatter(field, redact);
  }

  override getJobs(statuses: JobStatus[], start = 0, end = start + maxJobsPerPage - 1): Promise<Job[]> {
    return super.getJobs(statuses, start, Math.min(end, start + maxJobsPerPage - 1));
  }

  /** Cleans the oldest hundred. */
  override async clean(status: JobCleanStatus, graceTimeMs: number): Promise<void> {
    await this.#queue.clean(graceTimeMs, maxCleaned, status);
  }

  override empty = (): Promise<void> => refuse(unbounded);
  override obliterate = (): Promise<void> => refuse(unbounded);
  override promoteAll = (): Promise<void> => refuse(unbounded);
}
