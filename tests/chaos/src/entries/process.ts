import { openFinalizer } from "@reelqueue/finalizer";
import { readEnv as readFinalizerEnv } from "@reelqueue/finalizer/env";
import { type Adjust, type CrashPoint, type Installation, openContext, timing } from "@reelqueue/pipeline";
import { openPoller } from "@reelqueue/poller";
import { readEnv as readPollerEnv } from "@reelqueue/poller/env";
import { createLogger, run } from "@reelqueue/runtime";
import { openSubmitter } from "@reelqueue/submitter";
import { readEnv as readSubmitterEnv } from "@reelqueue/submitter/env";
import { type Rule, without } from "../without.ts";
import { leases, patientLeases } from "./leases.ts";

/**
 * One process of the system, by `ROLE` (`poller`, or several: `poller+finalizer`), with shorter leases than in production. `CRASH_AT=submit:after-intent` kills it
 * at that crash point, `CRASH_AT=…*3` the third time; `WITHOUT=fence` leaves out a safety rule; `LEASES=production`
 * keeps the leases of production, `LEASES=patient` the times that a request may take; `CLOCK_SHIFT_MS` shifts its clock.
 */
shiftClock(Number(process.env.CLOCK_SHIFT_MS ?? 0));

const [point, times = "1"] = (process.env.CRASH_AT ?? "").split("*");
let left = Number(times);
const crashPoint = (at: CrashPoint): void => {
  if (at !== point) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
};
const rule = process.env.WITHOUT as Rule | undefined;
const leasesOfRun = { production: timing, patient: patientLeases }[process.env.LEASES ?? ""] ?? leases;
const adjust: Adjust = (it) => {
  const adjusted: Installation = { ...it, timing: { ...it.timing, ...leasesOfRun }, crashPoint };
  return rule === undefined ? adjusted : without[rule](adjusted);
};
const roles = (process.env.ROLE ?? "").split("+");
const log = createLogger({ name: roles.join("+"), level: readPollerEnv().logLevel });

const open: Record<string, (scope: AsyncDisposableStack) => Promise<void>> = {
  api: async (scope) => {
    // loaded only here: the other roles start faster without its HTTP server
    const [{ serveApi }, { readEnv }] = await Promise.all([import("@reelqueue/api"), import("@reelqueue/api/env")]);
    const env = readEnv();
    const installation = await openContext(scope, { ...env, role: "front", log }, adjust);
    scope.use(await serveApi(installation, env));
  },
  submitter: (scope) => openSubmitter(scope, onItsPort(readSubmitterEnv()), { adjust }),
  poller: (scope) => openPoller(scope, onItsPort(readPollerEnv()), { adjust }),
  finalizer: (scope) => openFinalizer(scope, onItsPort(readFinalizerEnv()), { adjust }),
};

/** In a process of several roles, the port of the process serves the health of the last one that starts. */
let started = 0;
function onItsPort<Env extends { health: { port: number } }>(env: Env): Env {
  started += 1;
  return started === roles.length ? env : { ...env, health: { ...env.health, port: 0 } };
}

await run(
  async (scope) => {
    for (const role of roles) {
      if (open[role] === undefined) throw new Error(`ROLE is "${role}"; use api, submitter, poller or finalizer`);
      await open[role](scope);
    }
  },
  { log, graceMs: 30_000 },
);

/** Shifts `Date` of this process; timers and Redis are unaffected. */
function shiftClock(byMs: number): void {
  if (byMs === 0) return;
  globalThis.Date = new Proxy(Date, {
    construct: (real, given, target) =>
      Reflect.construct(real, given.length === 0 ? [real.now() + byMs] : given, target),
    get: (real, name) => (name === "now" ? () => real.now() + byMs : Reflect.get(real, name)),
  });
}
