import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { openPoller } from "./poller.ts";

const env = readEnv();
const log = createLogger({ name: "poller", level: env.logLevel });

await run((scope) => openPoller(scope, env, log), { log });
