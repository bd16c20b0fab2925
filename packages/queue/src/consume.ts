import { queues as catalogue, type JobRef, type QueueName } from "@reelqueue/contracts";
import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import { bullPrefix, type JobData, refOf, versionCheck } from "./queues.ts";

/** What a stage says of a job when it is through with it; the only words that reach BullMQ. */
export type JobResult =
  | { kind: "done"; note?: string }
  /** Hand it out again later; spends nothing. */
  | { kind: "again"; afterMs: number }
  /** It ended badly and must not run again: a red job. */
  | { kind: "stop"; reason: string };

export interface ConsumeOptions {
  connect: () => Redis | Cluster;
  prefix: string;
  concurrency: number;
  /** When the consumer closes, jobs under way get so long to end, and then their signal ends; left out: they are waited for. */
  endWithinMs?: number;
  /** A job threw, or BullMQ met a fault. */
  onError: (error: Error) => void;
}

export interface Consumer extends AsyncDisposable {
  /** Takes no new jobs from now on; those under way go on. */
  quiet(): Promise<void>;
  /** Jobs under way in this process. */
  active(): number;
}

/**
 * Runs `handle` for every job of a stage. The signal ends when the lock on the job is lost, because another worker has it
 * then, or when the consumer has been closing for too long.
 * A job whose worker dies is handed out again within 30 s; how often that may happen is for the ledger to say, not for BullMQ.
 */
export function consume(
  stage: QueueName,
  handle: (job: JobRef, signal: AbortSignal) => Promise<JobResult>,
  { connect, prefix, concurrency, endWithinMs, onError }: ConsumeOptions,
): Consumer {
  const connection = connect();
  connection.on("error", () => {});
  let active = 0;
  const worker: Worker<JobData> = new Worker<JobData>(
    catalogue[stage].name,
    async (job, token, signal) => {
      active += 1;
      try {
        return await obey(job, token, await handle(refOf(job.data), signal ?? new AbortController().signal));
      } finally {
        active -= 1;
      }
    },
    {
      connection,
      prefix: bullPrefix(prefix),
      ...versionCheck(connection),
      concurrency,
      lockDuration: 20_000,
      stalledInterval: 10_000,
      maxStalledCount: 1_000_000,
      runRetryDelay: 1_000,
    },
  );
  worker.on("error", onError);
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) worker.cancelJob(id, "its lock was lost");
  });
  return {
    quiet: () => worker.pause(true),
    active: () => active,
    [Symbol.asyncDispose]: async () => {
      const end = () => worker.cancelAllJobs("this worker is stopping");
      const timer = endWithinMs === undefined ? undefined : setTimeout(end, endWithinMs);
      await worker.close().finally(() => clearTimeout(timer));
      connection.disconnect();
    },
  };
}

async function obey(job: Job<JobData>, token: string | undefined, verdict: JobResult): Promise<string | undefined> {
  switch (verdict.kind) {
    case "done":
      return verdict.note;
    case "again":
      await job.moveToDelayed(Date.now() + verdict.afterMs, token);
      throw new DelayedError();
    case "stop":
      throw new UnrecoverableError(verdict.reason);
  }
}
