import { type OpenOptions, openInstallation, startAdmission, startPoller, startRecovery } from "@reelqueue/pipeline";
import { createLogger, createWatchdog, serveHealth } from "@reelqueue/runtime";
import type { Env } from "./env.ts";
import { tick } from "./tick.ts";

const day = 86_400_000;

/** Opens the process that looks at tasks when they are due, resolves lost answers, and brings back whatever was dropped. */
export async function openPoller(
  scope: AsyncDisposableStack,
  env: Env,
  rehearsal?: OpenOptions["rehearsal"],
): Promise<void> {
  const log = createLogger({ name: "poller", level: env.logLevel });
  const installation = await openInstallation(scope, { ...env, role: "worker", log, ...(rehearsal && { rehearsal }) });
  const { config, metrics, ready } = installation;
  const { freed } = scope.use(startAdmission(installation));
  const watchdog = scope.use(createWatchdog({ onExpired: () => process.exit(1) }));
  scope.use(await serveHealth({ ...env.health, ready, metrics, watchdog }));
  const recovery = scope.use(startRecovery(installation, freed, { retentionMs: config.retentionDays * day }));
  const poller = scope.use(
    startPoller(installation, freed, { concurrency: env.concurrency, maxSleepMs: 250, turned: watchdog.beat }),
  );
  scope.use(await tick(installation, [poller.wake, recovery.wake]));
}
