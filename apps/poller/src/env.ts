import { readCount, readWorkerEnv } from "@reelqueue/runtime";

/** What this process is told from outside. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  return {
    ...readWorkerEnv(env, 3103),
    /** Looks at tasks under way at once, per account. */
    concurrency: readCount(env, "POLL_CONCURRENCY", 100),
  };
}

export type Env = ReturnType<typeof readEnv>;
