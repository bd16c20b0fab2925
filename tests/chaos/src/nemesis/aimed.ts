import { setTimeout as wait } from "node:timers/promises";
import type { Nemesis } from "./nemesis.ts";

/** Faults that come together: each is aimed at one rule of the protocol. */
export const aimed: readonly Nemesis[] = [
  {
    // What a submitter believes to have written is still on its way to Redis when it dies.
    name: "dies-unheard",
    weight: 0.05,
    where: ["alone"],
    strike: async ({ slots }, luck) => {
      const slot = luck.pick(slots.filter(({ role }) => role === "submitter"));
      const delayMs = 500;
      slot.toRedis?.weather({ delayMs });
      // By then it has read what it needs, one way there and one back, and the next thing it writes is on its way.
      await wait(luck.between(2 * delayMs, 3 * delayMs));
      slot.signal("SIGKILL");
      slot.toRedis?.weather({});
      return slot.name;
    },
  },
  {
    // A submitter's writes take effect, but it hears nothing and writes them again, while others go on and the provider is slow.
    name: "echo",
    weight: 0.05,
    where: ["alone"],
    strike: async ({ slots, toSimulator }, luck) => {
      const slot = luck.pick(slots.filter(({ role }) => role === "submitter"));
      const forMs = luck.between(1_000, 2_500);
      toSimulator.weather({ delayMs: 600 });
      await wait(400);
      slot.toRedis?.weather({ dropsReplies: true });
      await wait(forMs);
      slot.toRedis?.weather({});
      await wait(500);
      toSimulator.weather({});
      return `${slot.name} for ${forMs} ms`;
    },
  },
  {
    // A worker stands still between a question to the provider and its answer, while others ask the same and go on.
    name: "zombie",
    weight: 0.05,
    strike: async ({ slots, toSimulator }, luck) => {
      const slot = luck.pick(slots.filter(({ role }) => role === "submitter" || role === "poller"));
      const frozenMs = luck.between(4_500, 9_000);
      toSimulator.weather({ delayMs: 300 });
      await wait(500);
      const pid = slot.pid();
      slot.signal("SIGSTOP");
      toSimulator.weather({});
      await wait(frozenMs);
      if (pid === slot.pid()) slot.signal("SIGCONT");
      return `${slot.name} for ${frozenMs} ms`;
    },
  },
  {
    // What a worker writes in a moment reaches Redis seconds later, when others have long gone on with the same.
    name: "late-writes",
    weight: 0.05,
    where: ["alone"],
    strike: async ({ slots }, luck) => {
      const slot = luck.pick(slots.filter(({ role }) => role === "submitter" || role === "poller"));
      const [delayMs, forMs] = [luck.between(4_000, 8_000), luck.between(300, 1_500)];
      slot.toRedis?.weather({ delayMs });
      await wait(forMs);
      slot.toRedis?.weather({});
      return `${slot.name}: what it wrote within ${forMs} ms came ${delayMs} ms late`;
    },
  },
  {
    name: "customer-refuses",
    weight: 0.1,
    strike: async ({ receiver }, luck) => {
      const answers = Array.from({ length: luck.between(1, 3) }, () => luck.pick([500, 503, "cut"] as const));
      receiver.answerNext(...answers);
      return answers.join(", ");
    },
  },
];
