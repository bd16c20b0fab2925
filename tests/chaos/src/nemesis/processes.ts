import type { CrashPoint } from "@reelqueue/pipeline";
import { leases } from "../entries/leases.ts";
import type { Nemesis } from "../inject.ts";
import type { SeededRandom } from "../random.ts";
import type { Role, SupervisedProcess } from "../system/supervised-process.ts";
import type { ChaosSystem } from "../system/system.ts";
import { fault } from "./fault.ts";

/** Crash points, and the roles that reach them. */
const crashPoints = [
  ...at(["api"], "accept:before-write", "accept:after-write"),
  ...at(["api", "submitter", "poller"], "admit:after-grant", "admit:after-jobs"),
  ...at(["submitter"], "submit:before-intent", "submit:after-intent", "submit:after-answer", "submit:after-bind"),
  ...at(["poller"], "reconcile:after-answer"),
  ...at(["poller"], "poll:after-claim", "poll:after-answer", "poll:after-move", "poll:after-jobs"),
  ...at(["finalizer"], "finalize:after-download", "finalize:before-move", "finalize:after-move"),
  ...at(["finalizer"], "deliver:after-claim", "deliver:after-send", "deliver:after-record"),
];

const workers = ["submitter", "poller", "finalizer"] as const;
const shiftedMs = 8_000;

export const processFaults: readonly Nemesis[] = [
  fault({ name: "kill", weight: 1 }, async ({ processes }, random) => {
    const target = random.pick(processes.filter(({ pid }) => pid() !== undefined));
    target.signal("SIGKILL");
    return target.name;
  }),
  fault({ name: "crash-at", weight: 0.5 }, async (system, random) => {
    const { point, roles } = random.pick(crashPoints);
    const target = anyOf(system, random, [random.pick(roles)]);
    target.replace({ CRASH_AT: `${point}*${random.between(1, 4)}` });
    return `${target.name} at ${point}`;
  }),
  fault({ name: "freeze", weight: 0.2 }, async (system, random) => {
    const target = anyOf(system, random, workers);
    const times = random.pick([1, 2, 5]);
    const pid = target.pid();
    target.signal("SIGSTOP");
    // The other processes go on: the frozen one becomes a zombie.
    setTimeout(() => pid === target.pid() && target.signal("SIGCONT"), times * leases.sendingMs * 1.1);
    return `${target.name} for ${times} leases`;
  }),
  fault({ name: "roll", weight: 0.05 }, async (system) => {
    for (const target of system.processes) {
      target.replace({});
      // A frozen process handles SIGTERM later.
      await target.ready(10_000).catch(() => {});
    }
    return "every process in turn, by SIGTERM";
  }),
  fault({ name: "all-at-once", weight: 0.05 }, async (system) => {
    killAll(system);
    return "every process";
  }),
  fault({ name: "clock", weight: 0.05 }, async (system, random) => {
    const target = anyOf(system, random, [random.pick(workers)]);
    const hours = random.pick([-1, 1]);
    target.replace({ CLOCK_SHIFT_MS: `${hours * 3_600_000}` });
    // The next process has the correct time.
    setTimeout(() => target.replace({}), shiftedMs);
    return `${target.name} by ${hours} h`;
  }),
];

/** Any process of these roles. */
export function anyOf({ processes }: ChaosSystem, random: SeededRandom, roles: readonly Role[]): SupervisedProcess {
  return random.pick(processes.filter(({ role }) => roles.includes(role)));
}

export function killAll({ processes }: ChaosSystem): void {
  for (const target of processes) target.signal("SIGKILL");
}

function at(roles: readonly Role[], ...points: CrashPoint[]): { point: CrashPoint; roles: readonly Role[] }[] {
  return points.map((point) => ({ point, roles }));
}
