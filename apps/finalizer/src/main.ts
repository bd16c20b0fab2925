import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { openFinalizer } from "./finalizer.ts";

await run((scope) => openFinalizer(scope, readEnv()), { log: createLogger({ name: "finalizer" }) });
