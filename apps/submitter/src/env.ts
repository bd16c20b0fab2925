import { readCount, readWorkerEnv } from "@reelqueue/runtime";

/** The environment variables of this process. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  return {
    ...readWorkerEnv(env, 3102),
    /** Maximum concurrent POSTs. */
    concurrency: readCount(env, "SUBMIT_CONCURRENCY", 50),
  };
}

export type Env = ReturnType<typeof readEnv>;
