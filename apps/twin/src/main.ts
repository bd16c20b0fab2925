import { createLogger, portProblem, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { startTwin } from "./index.ts";

await run(
  async (scope) => {
    const options = readEnv();
    const twin = await startTwin(options).catch((error: unknown) => {
      throw portProblem(error, options.port ?? 0);
    });
    scope.use(twin);
    process.stdout.write(`twin listens on ${twin.url}\n`);
  },
  { graceMs: 5_000, log: createLogger({ name: "twin" }) },
);
