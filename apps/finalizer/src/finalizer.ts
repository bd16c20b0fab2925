import { finalize, type OpenOptions, openInstallation, startDeliverer } from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";
import { createLogger, serveHealth } from "@reelqueue/runtime";
import type { Env } from "./env.ts";

/** Opens the process that keeps the outputs of finished tasks and sends the webhooks. */
export async function openFinalizer(
  scope: AsyncDisposableStack,
  env: Env,
  rehearsal?: OpenOptions["rehearsal"],
): Promise<void> {
  const log = createLogger({ name: "finalizer", level: env.logLevel });
  const installation = await openInstallation(scope, { ...env, role: "worker", log, ...(rehearsal && { rehearsal }) });
  const { cell, connect, metrics, ready } = installation;
  const deliverer = scope.use(startDeliverer(installation, { ...env.deliver, maxSleepMs: 250 }));
  scope.use(await serveHealth({ ...env.health, ready, metrics }));
  const finalizeOne: Parameters<typeof consume>[1] = async (handOver, signal) => {
    const verdict = await finalize(handOver, signal, installation);
    deliverer.wake();
    return verdict;
  };
  scope.use(
    consume("finalize", finalizeOne, {
      connect,
      prefix: cell.prefix,
      concurrency: env.concurrency,
      onError: (error) => log.error({ err: error }, "a finalize job failed; its due time brings it back"),
    }),
  );
}
