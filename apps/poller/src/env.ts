import { readCount, readWorkerEnv } from "@reelqueue/runtime";

/** The environment variables of this process. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  return {
    ...readWorkerEnv(env, 3103),
    /** Maximum concurrent polls per account. */
    concurrency: readCount(env, "POLL_CONCURRENCY", 100),
  };
}

export type Env = ReturnType<typeof readEnv>;
