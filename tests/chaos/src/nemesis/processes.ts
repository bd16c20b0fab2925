import type { CrashPoint } from "@reelqueue/pipeline";
import { leases } from "../entries/leases.ts";
import type { Chance } from "../random.ts";
import type { Role, Slot } from "../world/slot.ts";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";

/** Where each role can be made to die. */
const crashPoints: readonly [CrashPoint, readonly Role[]][] = [
  ["accept:before-write", ["api"]],
  ["accept:after-write", ["api"]],
  ["admit:after-grant", ["api", "submitter", "poller"]],
  ["admit:after-jobs", ["api", "submitter", "poller"]],
  ["submit:before-intent", ["submitter"]],
  ["submit:after-intent", ["submitter"]],
  ["submit:after-answer", ["submitter"]],
  ["submit:after-bind", ["submitter"]],
  ["reconcile:after-answer", ["poller"]],
  ["poll:after-claim", ["poller"]],
  ["poll:after-answer", ["poller"]],
  ["poll:after-move", ["poller"]],
  ["poll:after-jobs", ["poller"]],
  ["finalize:after-download", ["finalizer"]],
  ["finalize:before-move", ["finalizer"]],
  ["finalize:after-move", ["finalizer"]],
  ["deliver:after-claim", ["finalizer"]],
  ["deliver:after-send", ["finalizer"]],
  ["deliver:after-record", ["finalizer"]],
];

const shiftedMs = 8_000;
const leaseMs = leases.sendingMs;

export const processes: readonly Nemesis[] = [
  {
    name: "kill",
    weight: 1,
    strike: async ({ slots }, luck) => {
      const slot = luck.pick(slots.filter(({ pid }) => pid() !== undefined));
      slot.signal("SIGKILL");
      return slot.name;
    },
  },
  {
    name: "crash-at",
    weight: 0.5,
    strike: async (world, luck) => {
      const [point, roles] = luck.pick(crashPoints);
      const slot = anyOf(world, luck, luck.pick(roles));
      slot.replace({ CRASH_AT: `${point}*${luck.between(1, 4)}` });
      return `${slot.name} at ${point}`;
    },
  },
  {
    name: "freeze",
    weight: 0.2,
    strike: async ({ slots }, luck) => {
      const slot = luck.pick(slots.filter(({ role }) => role !== "api"));
      const times = luck.pick([1, 2, 5]);
      const pid = slot.pid();
      slot.signal("SIGSTOP");
      // The others go on meanwhile: that is what makes it a zombie.
      setTimeout(() => pid === slot.pid() && slot.signal("SIGCONT"), times * leaseMs * 1.1);
      return `${slot.name} for ${times} leases`;
    },
  },
  {
    name: "roll",
    weight: 0.05,
    strike: async (world) => {
      for (const slot of world.slots) {
        slot.replace({});
        // A frozen one hears of it later.
        await slot.ready(10_000).catch(() => {});
      }
      return "every process in turn, by SIGTERM";
    },
  },
  {
    name: "all-at-once",
    weight: 0.05,
    strike: async ({ slots }) => {
      for (const slot of slots) slot.signal("SIGKILL");
      return "every process";
    },
  },
  {
    name: "clock",
    weight: 0.05,
    strike: async (world, luck) => {
      const slot = anyOf(world, luck, luck.pick(["submitter", "poller", "finalizer"] as const));
      const hours = luck.pick([-1, 1]);
      slot.replace({ CLOCK_SHIFT_MS: `${hours * 3_600_000}` });
      // The next one has the right time again.
      setTimeout(() => slot.replace({}), shiftedMs);
      return `${slot.name} by ${hours} h`;
    },
  },
];

function anyOf({ slots }: World, luck: Chance, role: Role): Slot {
  return luck.pick(slots.filter((slot) => slot.role === role));
}
