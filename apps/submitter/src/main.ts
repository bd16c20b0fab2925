import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { startSubmitter } from "./submitter.ts";

const env = readEnv();
const log = createLogger({ name: "submitter", level: env.logLevel });

await run(async (scope) => void (await startSubmitter(scope, env, log)), { log });
