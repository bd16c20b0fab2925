import { readCount, readWorkerEnv } from "@reelqueue/runtime";

/** The environment variables of this process. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  return {
    ...readWorkerEnv(env, 3104),
    /** Maximum concurrent downloads. */
    concurrency: readCount(env, "FINALIZE_CONCURRENCY", 16),
    deliver: {
      concurrency: readCount(env, "DELIVER_CONCURRENCY", 64),
      perEndpoint: readCount(env, "DELIVER_PER_ENDPOINT", 4),
    },
  };
}

export type Env = ReturnType<typeof readEnv>;
