import { BaseAdapter } from "@bull-board/api/dist/queueAdapters/base.js";
import type {
  JobCounts,
  JobStatus,
  QueueAdapterOptions,
  QueueJob,
  QueueMetrics,
  Status,
} from "@bull-board/api/typings/app";
import type { Cell } from "@reelqueue/ledger";
import { maxJobsPerPage, refuse } from "./actions.ts";

/** A job of Bull Board with its id. */
export interface LedgerJob extends QueueJob {
  id: string;
}

export interface LedgerQueue extends Pick<QueueAdapterOptions, "description" | "externalJobUrl"> {
  name: string;
  allowCompletedRetries: boolean;
  statuses: readonly JobStatus[];
  counts(): Promise<JobCounts>;
  /** Newest first. */
  page(status: JobStatus, offset: number, count: number): Promise<LedgerJob[]>;
  find(id: string): Promise<LedgerJob | undefined>;
  logs(id: string): Promise<string[]>;
}

const readOnly = "The only action on the ledger's queues is Retry on one job.";

/** Presents a part of the ledger to Bull Board as a queue. Reads bounded ranges and never writes. */
export class LedgerAdapter extends BaseAdapter {
  readonly #cell: Cell;
  readonly #queue: LedgerQueue;

  constructor(cell: Cell, queue: LedgerQueue) {
    super("bull", queue);
    this.#cell = cell;
    this.#queue = queue;
  }

  getName = (): string => this.#queue.name;
  getStatuses = (): Status[] => ["latest", ...this.#queue.statuses];
  getJobStatuses = (): JobStatus[] => [...this.#queue.statuses];
  getJobCounts = (): Promise<JobCounts> => this.#queue.counts();
  getJob = (id: string): Promise<QueueJob | undefined> => this.#queue.find(id);
  getJobLogs = (id: string): Promise<string[]> => this.#queue.logs(id);
  getRedisInfo = (): Promise<string> => this.#cell.redis.info();

  async getJobs(statuses: JobStatus[], start = 0, end = start + maxJobsPerPage - 1): Promise<QueueJob[]> {
    const count = Math.min(end - start + 1, maxJobsPerPage);
    return (await Promise.all(statuses.map((status) => this.#queue.page(status, start, count)))).flat();
  }

  getMetrics = (): Promise<QueueMetrics> =>
    Promise.resolve({ meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 });
  isPaused = (): Promise<boolean> => Promise.resolve(false);
  getJobSchedulers = (): Promise<[]> => Promise.resolve([]);
  getJobSchedulersCount = (): Promise<number> => Promise.resolve(0);
  getGlobalConcurrency = (): Promise<null> => Promise.resolve(null);

  clean = () => refuse(readOnly);
  addJob = () => refuse(readOnly);
  pause = () => refuse(readOnly);
  resume = () => refuse(readOnly);
  empty = () => refuse(readOnly);
  obliterate = () => refuse(readOnly);
  promoteAll = () => refuse(readOnly);
  removeJobScheduler = () => refuse(readOnly);
  updateJobScheduler = () => refuse(readOnly);
  runJobSchedulerNow = () => refuse(readOnly);
  setGlobalConcurrency = () => refuse(readOnly);
}

/** The actions of a job other than Retry: all refused. */
export const readOnlyJob = {
  promote: () => refuse(readOnly),
  remove: () => refuse(readOnly),
};
