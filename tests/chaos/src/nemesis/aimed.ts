import { setTimeout as wait } from "node:timers/promises";
import type { Nemesis } from "../inject.ts";

/** Combined faults, each aimed at one rule of the submit protocol. */
export const aimedFaults: readonly Nemesis[] = [
  {
    // A submitter is killed while its write is still in transit to Redis.
    name: "dies-unheard",
    weight: 0.05,
    where: ["alone"],
    inject: async ({ processes }, random) => {
      const target = random.pick(processes.filter(({ role }) => role === "submitter"));
      const delayMs = 500;
      target.redisProxy?.setFaults({ delayMs });
      // One round trip for its reads; its next write is then in transit.
      await wait(random.between(2 * delayMs, 3 * delayMs));
      target.signal("SIGKILL");
      target.redisProxy?.setFaults({});
      return target.name;
    },
  },
  {
    // A submitter's writes take effect, but their replies are lost and it retries them, while the provider is slow.
    name: "echo",
    weight: 0.05,
    where: ["alone"],
    inject: async ({ processes, simulatorProxy }, random) => {
      const target = random.pick(processes.filter(({ role }) => role === "submitter"));
      const forMs = random.between(1_000, 2_500);
      simulatorProxy.setFaults({ delayMs: 600 });
      await wait(400);
      target.redisProxy?.setFaults({ dropsReplies: true });
      await wait(forMs);
      target.redisProxy?.setFaults({});
      await wait(500);
      simulatorProxy.setFaults({});
      return `${target.name} for ${forMs} ms`;
    },
  },
  {
    // A worker is frozen between a provider request and its response, while other workers repeat the request.
    name: "zombie",
    weight: 0.05,
    inject: async ({ processes, simulatorProxy }, random) => {
      const target = random.pick(processes.filter(({ role }) => role === "submitter" || role === "poller"));
      const frozenMs = random.between(4_500, 9_000);
      simulatorProxy.setFaults({ delayMs: 300 });
      await wait(500);
      const pid = target.pid();
      target.signal("SIGSTOP");
      simulatorProxy.setFaults({});
      await wait(frozenMs);
      if (pid === target.pid()) target.signal("SIGCONT");
      return `${target.name} for ${frozenMs} ms`;
    },
  },
  {
    // The writes of a short interval reach Redis seconds late, after other workers have taken over the generations.
    name: "late-writes",
    weight: 0.05,
    where: ["alone"],
    inject: async ({ processes }, random) => {
      const target = random.pick(processes.filter(({ role }) => role === "submitter" || role === "poller"));
      const [delayMs, forMs] = [random.between(4_000, 8_000), random.between(300, 1_500)];
      target.redisProxy?.setFaults({ delayMs });
      await wait(forMs);
      target.redisProxy?.setFaults({});
      return `${target.name}: writes of ${forMs} ms delayed by ${delayMs} ms`;
    },
  },
  {
    name: "customer-refuses",
    weight: 0.1,
    inject: async ({ receiver }, random) => {
      const answers = Array.from({ length: random.between(1, 3) }, () => random.pick([500, 503, "cut"] as const));
      receiver.answerNext(...answers);
      return answers.join(", ");
    },
  },
];
