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
import { createLogger, createWatchdog, serveCells, type WatchdogOptions } from "@reelqueue/runtime";
import type { Env } from "./env.ts";
import { tick } from "./tick.ts";

const day = 86_400_000;

/** After how long without progress a cell is given up. */
type Patience = Omit<WatchdogOptions, "onExpired">;

/** Opens the process that looks at tasks when they are due, resolves lost answers, and brings back whatever was dropped. */
export async function openPoller(
  scope: AsyncDisposableStack,
  env: Env,
  { adjust, watchdog: patience }: { adjust?: Adjust; watchdog?: Patience } = {},
): Promise<void> {
  const log = createLogger({ name: "poller", level: env.logLevel });
  await serveCells(scope, { ...env, log }, async (scope, wish) => {
    const installation = await openContext(scope, { ...env, ...wish, role: "worker" }, adjust);
    const { config, ready } = installation;
    const watchdog = scope.use(createWatchdog({ ...patience, onExpired: wish.expired }));
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
