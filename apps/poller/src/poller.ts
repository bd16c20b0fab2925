import {
  type Adjust,
  openContext,
  startAdmission,
  startMaintenance,
  startOrphanSearch,
  startPoller,
  startReconciler,
  startUploader,
} from "@reelqueue/pipeline";
import { createLogger, createWatchdog, serveWorker } from "@reelqueue/runtime";
import type { Env } from "./env.ts";
import { tick } from "./tick.ts";

const day = 86_400_000;

/** Opens the process that polls due tasks, reconciles lost POSTs, uploads media and maintains the ledger. */
export async function openPoller(
  scope: AsyncDisposableStack,
  env: Env,
  { adjust }: { adjust?: Adjust } = {},
): Promise<void> {
  const log = createLogger({ name: "poller", level: env.logLevel });
  await serveWorker(scope, env.health, async (metrics) => {
    const installation = await openContext(scope, { ...env, log, metrics, role: "worker" }, adjust);
    const { config, ready } = installation;
    const watchdog = scope.use(createWatchdog({ onExpired: () => process.exit(1) }));
    scope.use(startAdmission(installation));
    const loops = [
      scope.use(startMaintenance(installation, { retentionMs: config.retentionDays * day })),
      scope.use(startReconciler(installation)),
      scope.use(startUploader(installation)),
      scope.use(startPoller(installation, { concurrency: env.concurrency, maxSleepMs: 250, onTick: watchdog.beat })),
    ];
    scope.use(startOrphanSearch(installation));
    scope.use(await tick(installation, loops));
    return { ready, watchdog };
  });
}
