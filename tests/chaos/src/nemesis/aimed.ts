import { setTimeout as wait } from "node:timers/promises";
import type { Nemesis } from "../inject.ts";
import { fault, impair, lasting } from "./fault.ts";
import { anyOf } from "./processes.ts";

/** Combined faults, each aimed at one rule of the submit protocol. */
export const aimedFaults: readonly Nemesis[] = [
  // A submitter is killed while its write is still in transit to Redis.
  fault({ name: "dies-unheard", weight: 0.05, where: ["alone"] }, async (system, random) => {
    const target = anyOf(system, random, ["submitter"]);
    const delayMs = 500;
    target.redisProxy?.setFaults({ delayMs });
    // One round trip for its reads; its next write is then in transit.
    await wait(random.between(2 * delayMs, 3 * delayMs));
    target.signal("SIGKILL");
    target.redisProxy?.setFaults({});
    return target.name;
  }),
  // A submitter's writes take effect, but their replies are lost and it retries them, while the provider is slow.
  lasting({ name: "echo", weight: 0.05, where: ["alone"], lastsMs: [1_000, 2_500] }, async (system, random) => {
    const target = anyOf(system, random, ["submitter"]);
    system.simulatorProxy.setFaults({ delayMs: 600 });
    await wait(400);
    target.redisProxy?.setFaults({ dropsReplies: true });
    return {
      what: target.name,
      end: async () => {
        target.redisProxy?.setFaults({});
        await wait(500);
        system.simulatorProxy.setFaults({});
      },
    };
  }),
  // A worker is frozen between a provider request and its response, while other workers repeat the request.
  lasting({ name: "zombie", weight: 0.05, lastsMs: [4_500, 9_000] }, async (system, random) => {
    const target = anyOf(system, random, ["submitter", "poller"]);
    system.simulatorProxy.setFaults({ delayMs: 300 });
    await wait(500);
    const pid = target.pid();
    target.signal("SIGSTOP");
    system.simulatorProxy.setFaults({});
    return { what: target.name, end: () => pid === target.pid() && target.signal("SIGCONT") };
  }),
  // The writes of a short interval reach Redis seconds late, after other workers have taken over the generations.
  lasting({ name: "late-writes", weight: 0.05, where: ["alone"], lastsMs: [300, 1_500] }, (system, random) => {
    const target = anyOf(system, random, ["submitter", "poller"]);
    const delayMs = random.between(4_000, 8_000);
    return { what: `${target.name}: writes delayed by ${delayMs} ms`, ...impair(target.redisProxy, { delayMs }) };
  }),
  fault({ name: "customer-refuses", weight: 0.1 }, async ({ receiver }, random) => {
    const answers = Array.from({ length: random.between(1, 3) }, () => random.pick([500, 503, "cut"] as const));
    receiver.answerNext(...answers);
    return answers.join(", ");
  }),
];
