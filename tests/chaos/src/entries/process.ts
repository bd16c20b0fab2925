import { serveApi } from "@reelqueue/api";
import { readEnv as readApiEnv } from "@reelqueue/api/env";
import { openFinalizer } from "@reelqueue/finalizer";
import { readEnv as readFinalizerEnv } from "@reelqueue/finalizer/env";
import { type Adjust, type CrashPoint, openContext, timing } from "@reelqueue/pipeline";
import { openPoller } from "@reelqueue/poller";
import { readEnv as readPollerEnv } from "@reelqueue/poller/env";
import { createLogger, run } from "@reelqueue/runtime";
import { openSubmitter } from "@reelqueue/submitter";
import { readEnv as readSubmitterEnv } from "@reelqueue/submitter/env";
import { type Rule, without } from "../without.ts";
import { leases } from "./leases.ts";
import { shiftClock } from "./shift-clock.ts";

/**
 * The system's processes with leases short enough for a rehearsal and, where told, a crash at a named point:
 * `CRASH_AT=submit:after-intent` kills this process there, `CRASH_AT=…*3` the third time. `WITHOUT=fence` leaves one rule out, `LEASES=production` the short leases.
 */
shiftClock(Number(process.env.CLOCK_SHIFT_MS ?? 0));

const [point, times = "1"] = (process.env.CRASH_AT ?? "").split("*");
let left = Number(times);
const reached = (at: CrashPoint): void => {
  if (at !== point) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
};
const rule = process.env.WITHOUT as Rule | undefined;
const own = process.env.LEASES === "production" ? timing : leases;
const adjust: Adjust = (it) => {
  const rehearsed = { ...it, timing: { ...it.timing, ...own }, crashPoint: reached };
  return rule === undefined ? rehearsed : without[rule](rehearsed);
};
const role = process.env.ROLE ?? "";
const log = createLogger({ name: role, level: readPollerEnv().logLevel });

await run(
  async (scope) => {
    switch (role) {
      case "api": {
        const env = readApiEnv();
        const installation = await openContext(scope, { ...env, role: "front", log }, adjust);
        return void scope.use(await serveApi(installation, env));
      }
      case "submitter":
        return openSubmitter(scope, readSubmitterEnv(), { adjust });
      case "poller":
        return openPoller(scope, readPollerEnv(), { adjust });
      case "finalizer":
        return openFinalizer(scope, readFinalizerEnv(), { adjust });
      default:
        throw new Error(`ROLE is "${role}": api, submitter, poller or finalizer`);
    }
  },
  { log, graceMs: 30_000 },
);
