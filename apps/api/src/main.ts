import { openContext } from "@reelqueue/pipeline";
import { createLogger, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { serveApi } from "./server.ts";

await run(
  async (scope) => {
    const env = readEnv();
    const log = createLogger({ name: "api", level: env.logLevel });
    const installation = await openContext(scope, { ...env, role: "front", log });
    scope.use(await serveApi(installation, env));
  },
  { log: createLogger({ name: "api" }) },
);
