import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { openSubmitter } from "./submitter.ts";

await run((scope) => openSubmitter(scope, readEnv()), { log: createLogger({ name: "submitter" }) });
