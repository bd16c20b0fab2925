import { createLogger, run } from "@reelqueue/runtime";
import { openDashboard } from "./dashboard.ts";
import { readEnv } from "./env.ts";

await run(
  async (scope) => {
    const env = readEnv();
    const log = createLogger({ name: "dashboard", level: env.logLevel });
    const { url, loginHint } = await openDashboard(scope, env, log);
    process.stdout.write(`dashboard listens on ${url}; ${loginHint}\n`);
  },
  { graceMs: 10_000, log: createLogger({ name: "dashboard" }) },
);
