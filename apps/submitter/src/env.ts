import { readCount, readWorkerEnv } from "@reelqueue/runtime";

/** What this process is told from outside. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  return {
    ...readWorkerEnv(env, 3102),
    /** POSTs under way at once. */
    concurrency: readCount(env, "SUBMIT_CONCURRENCY", 50),
  };
}

export type Env = ReturnType<typeof readEnv>;
