import { type Adjust, finalize, openContext, startDeliverer } from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";
import { createLogger, serveCells } from "@reelqueue/runtime";
import type { Env } from "./env.ts";

/** Opens the process that keeps the outputs of finished tasks and sends the webhooks. */
export async function openFinalizer(
  scope: AsyncDisposableStack,
  env: Env,
  { adjust }: { adjust?: Adjust } = {},
): Promise<void> {
  const log = createLogger({ name: "finalizer", level: env.logLevel });
  await serveCells(scope, { ...env, log }, async (scope, wish) => {
    const installation = await openContext(scope, { ...env, ...wish, role: "worker" }, adjust);
    const { cell, connect, ready } = installation;
    const deliverer = scope.use(startDeliverer(installation, { ...env.deliver, maxSleepMs: 250 }));
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
        onError: (error) => wish.log.error({ err: error }, "a finalize job failed; its due time brings it back"),
      }),
    );
    return { ready };
  });
}
