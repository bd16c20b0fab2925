import { readServerEnv } from "@reelqueue/runtime";

/** The environment variables of this process. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  return readServerEnv(env, 3_100);
}

export type ApiEnv = ReturnType<typeof readEnv>;
