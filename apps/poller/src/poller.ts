import {
  type Adjust,
  type Installation,
  type Loops,
  openContext,
  startAdmission,
  startMaintenance,
  startOrphanSearch,
  startPoller,
  startReconciler,
  startUploader,
} from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";
import { createLogger, createWatchdog, serveWorker } from "@reelqueue/runtime";
import type { Env } from "./env.ts";

const day = 86_400_000;

/** Opens the process that polls due tasks, reconciles lost POSTs, uploads media and maintains the ledger. */
export async function openPoller(
  scope: AsyncDisposableStack,
  env: Env,
  { adjust }: { adjust?: Adjust } = {},
): Promise<void> {
  const log = createLogger({ name: "poller", level: env.logLevel });
  const onExpired = (silentMs: number) => {
    log.fatal(
      { event: "poller.stalled", silentMs },
      "Redis has answered no claim of polls for too long: exiting, to be restarted",
    );
    process.exit(1);
  };
  await serveWorker(scope, env.health, async (metrics) => {
    const installation = await openContext(scope, { ...env, log, metrics, role: "worker" }, adjust);
    const { config, ready } = installation;
    // without an account there is nothing to poll
    const watchdog = installation.accounts.size === 0 ? undefined : scope.use(createWatchdog({ onExpired }));
    scope.use(startAdmission(installation));
    const loops = [
      scope.use(startMaintenance(installation, { retentionMs: config.retentionDays * day })),
      scope.use(startReconciler(installation)),
      scope.use(startUploader(installation)),
      scope.use(
        startPoller(installation, { concurrency: env.concurrency, maxSleepMs: 250, onTick: () => watchdog?.beat() }),
      ),
    ];
    scope.use(startOrphanSearch(installation));
    scope.use(await tick(installation, loops));
    return watchdog === undefined ? { ready } : { ready, watchdog };
  });
}

const everyMs = 5_000;

/** The repeatable BullMQ job that wakes the loops of this process if their own timers stop; Bull Board shows it. */
export async function tick(
  { cell, connect, queues, log }: Installation,
  loops: readonly Loops[],
): Promise<AsyncDisposable> {
  const keep = () =>
    queues
      .ensureTick(everyMs)
      .catch((error) =>
        log.warn({ event: "poller.tick_not_set", err: error }, "repeatable tick not set, retrying in 60 s"),
      );
  await keep();
  // The keys of BullMQ may be deleted, the scheduler's too.
  const timer = setInterval(keep, 60_000);
  const consumer = consume(
    "poll",
    async () => {
      for (const loop of loops) loop.wake();
      return { kind: "done" };
    },
    {
      connect,
      prefix: cell.prefix,
      concurrency: 1,
      onError: (error) => log.warn({ event: "poller.tick_failed", err: error }, "tick failed"),
    },
  );
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await consumer[Symbol.asyncDispose]();
    },
  };
}
