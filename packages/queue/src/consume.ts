import { queues as catalogue, type JobRef, type QueueName } from "@reelqueue/contracts";
import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import { bullPrefix, type JobData, refOf, versionCheck } from "./queues.ts";

/** Result of a job, as BullMQ learns it. */
export type JobResult =
  | { kind: "done"; note?: string }
  /** Run the job again after `afterMs`; does not count as a failure. */
  | { kind: "again"; afterMs: number }
  /** The job failed and must not run again. */
  | { kind: "stop"; reason: string };

export interface ConsumeOptions {
  connect: () => Redis | Cluster;
  prefix: string;
  concurrency: number;
  /** Grace period on close, after which the signals of running jobs abort; default: no limit. */
  endWithinMs?: number;
  /** Called for a job that throws and for errors of BullMQ. */
  onError: (error: Error) => void;
}

export interface Consumer extends AsyncDisposable {
  /** Number of running jobs in this process. */
  active(): number;
}

/**
 * Runs `handle` for every job of a stage. The signal aborts when the lock of the job is lost (another worker may run it) or
 * when closing takes longer than `endWithinMs`. A job whose worker dies runs again within 30 s, without limit: the ledger
 * limits the number of crashes.
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
        const ref = refOf(job.data);
        if (ref === undefined) throw new UnrecoverableError("this job names no generation: reelqueue did not add it");
        return await applyResult(job, token, await handle(ref, signal ?? new AbortController().signal));
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
    active: () => active,
    [Symbol.asyncDispose]: async () => {
      const end = () => worker.cancelAllJobs("this worker is stopping");
      const timer = endWithinMs === undefined ? undefined : setTimeout(end, endWithinMs);
      await worker.close().finally(() => clearTimeout(timer));
      connection.disconnect();
    },
  };
}

async function applyResult(
  job: Job<JobData>,
  token: string | undefined,
  result: JobResult,
): Promise<string | undefined> {
  switch (result.kind) {
    case "done":
      return result.note;
    case "again":
      await job.moveToDelayed(Date.now() + result.afterMs, token);
      throw new DelayedError();
    case "stop":
      throw new UnrecoverableError(result.reason);
  }
}
