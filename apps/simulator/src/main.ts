import { createLogger, portProblem, run } from "@reelqueue/runtime";
import { readEnv } from "./env.ts";
import { startSimulator } from "./index.ts";

await run(
  async (scope) => {
    const options = readEnv();
    const simulator = await startSimulator(options).catch((error: unknown) => {
      throw portProblem(error, options.port ?? 0);
    });
    scope.use(simulator);
    process.stdout.write(`simulator listens on ${simulator.url}\n`);
  },
  { graceMs: 5_000, log: createLogger({ name: "simulator" }) },
);
