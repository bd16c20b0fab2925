import { type Adjust, openContext, startAdmission, submit } from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";
import { createLogger, serveWorker } from "@reelqueue/runtime";
import type { Env } from "./env.ts";

/** Opens the process that creates paid tasks: takes submit jobs, and admits more generations as slots become free. */
export async function openSubmitter(
  scope: AsyncDisposableStack,
  env: Env,
  { adjust }: { adjust?: Adjust } = {},
): Promise<void> {
  const log = createLogger({ name: "submitter", level: env.logLevel });
  await serveWorker(scope, env.health, async (metrics) => {
    const installation = await openContext(scope, { ...env, log, metrics, role: "worker" }, adjust);
    const { cell, connect, ready } = installation;
    scope.use(startAdmission(installation));
    scope.use(
      consume("submit", (job) => submit(job, installation), {
        connect,
        prefix: cell.prefix,
        concurrency: env.concurrency,
        onError: (error) =>
          log.error({ event: "submit.job_failed", err: error }, "submit job failed, its due time dispatches it again"),
      }),
    );
    return { ready };
  });
}
