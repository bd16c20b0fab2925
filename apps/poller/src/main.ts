import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { openPoller } from "./poller.ts";

await run((scope) => openPoller(scope, readEnv()), { log: createLogger({ name: "poller" }) });
