import { openFinalizer } from "@reelqueue/finalizer";
import { readEnv as readFinalizerEnv } from "@reelqueue/finalizer/env";
import type { Adjust, CrashPoint } from "@reelqueue/pipeline";
import { openPoller } from "@reelqueue/poller";
import { readEnv as readPollerEnv } from "@reelqueue/poller/env";
import { createLogger, run } from "@reelqueue/runtime";
import { openSubmitter } from "@reelqueue/submitter";
import { readEnv as readSubmitterEnv } from "@reelqueue/submitter/env";

/**
 * One worker process, by `WORKER` (`poller`, or several stages as `submitter+poller`), with shorter leases than in production. `CRASH_AT=submit:after-intent` kills it at
 * that crash point, `CRASH_AT=…*3` the third time.
 */
const timing = {
  sendingMs: 6_000,
  submitLeaseMs: 3_000,
  postMs: 4_000,
  grantLeaseMs: 3_000,
  pollLeaseMs: 2_000,
  pollMs: 3_000,
  finalizeLeaseMs: 4_000,
  diskFullWaitMs: 1_000,
  deliverLeaseMs: 4_000,
  absencesApartMs: 500,
  tickMs: 200,
};

const [point, times = "1"] = (process.env.CRASH_AT ?? "").split("*");
let left = Number(times);
const crashPoint = (at: CrashPoint): void => {
  if (at !== point) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
};
const adjust: Adjust = (it) => ({ ...it, timing: { ...it.timing, ...timing }, crashPoint });
const log = createLogger({ name: process.env.WORKER ?? "worker" });

const open: Record<string, (scope: AsyncDisposableStack) => Promise<void>> = {
  submitter: (scope) => openSubmitter(scope, anyPort(readSubmitterEnv()), { adjust }),
  poller: (scope) => openPoller(scope, anyPort(readPollerEnv()), { adjust }),
  finalizer: (scope) => openFinalizer(scope, anyPort(readFinalizerEnv()), { adjust }),
};
const stages = (process.env.WORKER ?? "").split("+");
/** In a process of several stages, the health of the last one to start is served on the port of the process. */
let starting = 0;
function anyPort<Env extends { health: { port: number } }>(env: Env): Env {
  starting += 1;
  return starting === stages.length ? env : { ...env, health: { ...env.health, port: 0 } };
}

await run(
  async (scope) => {
    for (const stage of stages) await open[stage]?.(scope);
  },
  { log },
);
