import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { openFinalizer } from "./finalizer.ts";

const env = readEnv();
const log = createLogger({ name: "finalizer", level: env.logLevel });

await run((scope) => openFinalizer(scope, env, log), { log });
