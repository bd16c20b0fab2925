import { type Adjust, finalize, openContext, startDeliverer } from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";
import { createLogger, serveWorker } from "@reelqueue/runtime";
import type { Env } from "./env.ts";

/** Opens the process that downloads the outputs of finished tasks and sends the webhooks. */
export async function openFinalizer(
  scope: AsyncDisposableStack,
  env: Env,
  { adjust }: { adjust?: Adjust } = {},
): Promise<void> {
  const log = createLogger({ name: "finalizer", level: env.logLevel });
  await serveWorker(scope, env.health, async (metrics) => {
    const installation = await openContext(scope, { ...env, log, metrics, role: "worker" }, adjust);
    const { cell, connect, ready } = installation;
    const deliverer = scope.use(startDeliverer(installation, { ...env.deliver, maxSleepMs: 250 }));
    const finalizeOne: Parameters<typeof consume>[1] = async (job, signal) => {
      const result = await finalize(job, signal, installation);
      deliverer.wake();
      return result;
    };
    scope.use(
      consume("finalize", finalizeOne, {
        connect,
        prefix: cell.prefix,
        concurrency: env.concurrency,
        // a long download goes on at another finalizer
        endWithinMs: 10_000,
        onError: (error) =>
          log.error(
            { event: "finalize.job_failed", err: error },
            "finalize job failed, its due time dispatches it again",
          ),
      }),
    );
    return { ready };
  });
}
