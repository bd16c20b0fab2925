import { setTimeout as wait } from "node:timers/promises";
import { type Topology, topologies } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import type { SeededRandom } from "../random.ts";
import type { FaultProxy, NetworkFaults } from "../system/fault-proxy.ts";
import type { ChaosSystem } from "../system/system.ts";

/** Network faults between the processes and Redis, and between the workers and the simulator. */
export const networkFaults: readonly Nemesis[] = [
  ...faultsOf("redis", ["alone"], ({ processes }, random) =>
    random.pick(
      processes.flatMap(({ name, redisProxy: proxy }) => (proxy === undefined ? [] : [{ proxy, owner: name }])),
    ),
  ),
  ...faultsOf("simulator", topologies, ({ simulatorProxy: proxy }) => ({ proxy, owner: "all" })),
  {
    name: "simulator-dead",
    weight: 0.02,
    inject: async ({ simulatorProxy }, random) => {
      const deadMs = random.between(5_000, 10_000);
      simulatorProxy.setFaults({ refuses: true });
      simulatorProxy.cut();
      await wait(deadMs);
      simulatorProxy.setFaults({});
      return `for ${deadMs} ms`;
    },
  },
  {
    name: "simulator-storm",
    weight: 0.03,
    inject: async ({ simulator }, random) => {
      const forMs = random.between(2_000, 5_000);
      await setRates(simulator.url, { "submit-429": 0.8, "poll-429": 0.5 });
      await wait(forMs);
      await setRates(simulator.url, {});
      return `429 to most requests for ${forMs} ms`;
    },
  },
];

async function setRates(url: string, rates: Record<string, number>): Promise<void> {
  const headers = { "content-type": "application/json" };
  await fetch(`${url}/simulator/faults`, { method: "POST", headers, body: JSON.stringify({ rates }) });
}

/** Chooses the proxy that is affected; `owner` names the processes that use it. */
type Choose = (system: ChaosSystem, random: SeededRandom) => { proxy: FaultProxy; owner: string };

/** The faults of one kind of connection. */
function faultsOf(name: string, where: readonly Topology[], choose: Choose): Nemesis[] {
  const lasting = (kind: string, faults: Partial<NetworkFaults>, maxMs: number): Nemesis => ({
    name: `${name}-${kind}`,
    weight: 0.07,
    where,
    inject: async (system, random) => {
      const { proxy, owner } = choose(system, random);
      const forMs = random.between(maxMs / 10, maxMs);
      proxy.setFaults(faults);
      await wait(forMs);
      proxy.setFaults({});
      return `${owner} for ${forMs} ms`;
    },
  });
  return [
    {
      name: `${name}-cut`,
      weight: 0.07,
      where,
      inject: async (system, random) => {
        const { proxy, owner } = choose(system, random);
        proxy.cut();
        return owner;
      },
    },
    lasting("refuses", { refuses: true }, 2_000),
    lasting("delay", { delayMs: 300 }, 3_000),
    lasting("half-open", { dropsRequests: true, dropsReplies: true }, 6_000),
    lasting("drops-replies", { dropsReplies: true }, 1_500),
  ];
}
