import { queues as catalogue, type JobRef, jobId, type QueueName } from "@reelqueue/contracts";
import { Queue } from "bullmq";
import DataLoader from "dataloader";
import type { Cluster, Redis } from "ioredis";

export interface QueuesOptions {
  /** Opens a connection; BullMQ gets one of its own. */
  connect: () => Redis | Cluster;
  /** Prefix of the cell's keys, for example `{reel}`; BullMQ's lie under `{reel}:bull`. */
  prefix: string;
}

export interface Job extends JobRef {
  /** 0 (first) to 2,097,151; left out: in order of arrival. */
  priority?: number;
}

/** The producing side of BullMQ: puts work where a worker finds it. Adding the same hand-over twice adds it once. */
export interface Queues extends AsyncDisposable {
  add(stage: "submit" | "finalize", jobs: readonly Job[]): Promise<void>;
  /** Takes a hand-over back that no worker has begun. */
  remove(stage: "submit" | "finalize", handOver: JobRef): Promise<void>;
  /** Nothing waits, runs or is delayed there: true also after somebody deleted BullMQ's keys. */
  isIdle(stage: "submit" | "finalize"): Promise<boolean>;
  /** Keeps the repeatable tick of the pollers alive; safe to call again and again. */
  keepTicking(everyMs: number): Promise<void>;
}

/** Under this many finished jobs Bull Board has something to show, and Redis little to keep. */
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
    remove: async (stage, handOver) => {
      await queues[stage].remove(jobId(stage, handOver)).catch(() => 0);
    },
    isIdle: async (stage) => {
      const counts = await queues[stage].getJobCounts("waiting", "active", "delayed", "prioritized");
      return Object.values(counts).every((count) => count === 0);
    },
    keepTicking: async (everyMs) => {
      await queues.poll.upsertJobScheduler("tick", { every: everyMs }, { name: "tick" });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}

/** Jobs of one turn of the event loop are added in one call. */
function gatherJobs(queue: Queue<JobData>, stage: QueueName): DataLoader<Job, true> {
  const addAll = async (jobs: readonly Job[]) => {
    await queue.addBulk(jobs.map((job) => toBull(stage, job)));
    return jobs.map(() => true as const);
  };
  return new DataLoader(addAll, { cache: false, batchScheduleFn: setImmediate });
}

export const bullPrefix = (prefix: string): string => `${prefix}:bull`;

/** In a Cluster BullMQ asks any node for its version, and would wait for one that is frozen. */
export const versionCheck = ({ isCluster }: Redis | Cluster) => ({ skipVersionCheck: isCluster });

/** What is stored with a job; its short name stays as it is in jobs that earlier versions have added. */
export interface JobData {
  generation: string;
  n: number;
}

export const refOf = ({ generation, n }: JobData): JobRef => ({ generation, dispatchSeq: n });

function toBull(stage: QueueName, { priority, ...job }: Job) {
  const data: JobData = { generation: job.generation, n: job.dispatchSeq };
  return { name: stage, data, opts: { jobId: jobId(stage, job), ...(priority !== undefined && { priority }) } };
}
