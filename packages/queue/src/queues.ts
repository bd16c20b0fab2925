import { queues as catalogue, type JobRef, jobId, type QueueName } from "@reelqueue/contracts";
import { Queue } from "bullmq";
import DataLoader from "dataloader";
import type { Cluster, Redis } from "ioredis";

export interface QueuesOptions {
  /** Opens a connection; BullMQ gets one of its own. */
  connect: () => Redis | Cluster;
  /** Prefix of the cell's keys, for example `{reel}`; the keys of BullMQ start with `{reel}:bull`. */
  prefix: string;
}

export interface Job extends JobRef {
  /** 0 (first) to 2,097,151; left out: in order of arrival. */
  priority?: number;
}

/** The producing side of BullMQ. A dispatch that is added twice is one job. */
export interface Queues extends AsyncDisposable {
  add(stage: "submit" | "finalize", jobs: readonly Job[]): Promise<void>;
  /** Removes the job of a dispatch unless a worker has started it. */
  remove(stage: "submit" | "finalize", job: JobRef): Promise<void>;
  /** No job waits, runs or is delayed; also true after the keys of BullMQ were deleted. */
  isIdle(stage: "submit" | "finalize"): Promise<boolean>;
  /** Creates or updates the repeatable tick of the pollers; idempotent. */
  ensureTick(everyMs: number): Promise<void>;
}

/** Finished jobs that are kept for Bull Board. */
const history = { removeOnComplete: { count: 200 }, removeOnFail: { count: 1_000 } };

export function openQueues({ connect, prefix }: QueuesOptions): Queues {
  const connection = connect();
  connection.on("error", () => {});
  const open = (name: QueueName) => {
    const queue = new Queue<JobData>(catalogue[name].name, {
      connection,
      prefix: bullPrefix(prefix),
      ...versionCheck(connection),
      defaultJobOptions: history,
      streams: { events: { maxLen: 1_000 } },
    });
    queue.on("error", () => {});
    return queue;
  };
  const queues = { submit: open("submit"), poll: open("poll"), finalize: open("finalize") };
  const loaders = { submit: gatherJobs(queues.submit, "submit"), finalize: gatherJobs(queues.finalize, "finalize") };
  return {
    add: async (stage, jobs) => void (await Promise.all(jobs.map((job) => loaders[stage].load(job)))),
    remove: async (stage, job) => {
      await queues[stage].remove(jobId(stage, job)).catch(() => 0);
    },
    isIdle: async (stage) => {
      const counts = await queues[stage].getJobCounts("waiting", "active", "delayed", "prioritized");
      return Object.values(counts).every((count) => count === 0);
    },
    ensureTick: async (everyMs) => {
      await queues.poll.upsertJobScheduler("tick", { every: everyMs }, { name: "tick" });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}

/** Adds the jobs of one turn of the event loop in one call. */
function gatherJobs(queue: Queue<JobData>, stage: QueueName): DataLoader<Job, true> {
  const addAll = async (jobs: readonly Job[]) => {
    await queue.addBulk(jobs.map((job) => toBullJob(stage, job)));
    return jobs.map(() => true as const);
  };
  return new DataLoader(addAll, { cache: false, batchScheduleFn: setImmediate });
}

export const bullPrefix = (prefix: string): string => `${prefix}:bull`;

/** Off in a Cluster: BullMQ asks any node for its version and waits even for a frozen one. */
export const versionCheck = ({ isCluster }: Redis | Cluster) => ({ skipVersionCheck: isCluster });

/** Stored data of a job; jobs of earlier versions have the same names. */
export interface JobData {
  generation: string;
  n: number;
}

/** `undefined` for a job that another program added: its data may be anything. */
export function refOf(data: Partial<JobData> | null | undefined): JobRef | undefined {
  const { generation, n } = data ?? {};
  return typeof generation === "string" && typeof n === "number" ? { generation, dispatchSeq: n } : undefined;
}

function toBullJob(stage: QueueName, { priority, ...job }: Job) {
  const data: JobData = { generation: job.generation, n: job.dispatchSeq };
  return { name: stage, data, opts: { jobId: jobId(stage, job), ...(priority !== undefined && { priority }) } };
}
