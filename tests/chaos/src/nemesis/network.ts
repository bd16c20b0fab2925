import { type FaultProxy, type NetworkFaults, simulatorAt, type Topology, topologies } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import type { SeededRandom } from "../random.ts";
import type { ChaosSystem } from "../system/system.ts";
import { fault, impair, lasting } from "./fault.ts";

/** Network faults between the processes and Redis, and between the workers and the simulator. */
export const networkFaults: readonly Nemesis[] = [
  ...faultsOf("redis", ["alone"], ({ processes }, random) =>
    random.pick(
      processes.flatMap(({ name, redisProxy: proxy }) => (proxy === undefined ? [] : [{ proxy, owner: name }])),
    ),
  ),
  ...faultsOf("simulator", topologies, ({ simulatorProxy: proxy }) => ({ proxy, owner: "all" })),
  lasting({ name: "simulator-dead", weight: 0.02, lastsMs: [5_000, 10_000] }, ({ simulatorProxy }) => {
    const dead = impair(simulatorProxy, { resets: true });
    simulatorProxy.cut();
    return dead;
  }),
  lasting({ name: "simulator-storm", weight: 0.03, lastsMs: [2_000, 5_000] }, async ({ simulator }) => {
    const control = simulatorAt(simulator.url);
    await control.setRates({ "submit-429": 0.8, "poll-429": 0.5 });
    return { what: "429 to most requests", end: () => control.setRates({}) };
  }),
];

/** Chooses the proxy that is affected; `owner` names the processes that use it. */
type Choose = (system: ChaosSystem, random: SeededRandom) => { proxy: FaultProxy; owner: string };

/** The faults of one kind of connection. */
function faultsOf(name: string, where: readonly Topology[], choose: Choose): Nemesis[] {
  const impaired = (kind: string, faults: Partial<NetworkFaults>, maxMs: number): Nemesis =>
    lasting({ name: `${name}-${kind}`, weight: 0.07, where, lastsMs: [maxMs / 10, maxMs] }, (system, random) => {
      const { proxy, owner } = choose(system, random);
      return { what: owner, ...impair(proxy, faults) };
    });
  return [
    fault({ name: `${name}-cut`, weight: 0.07, where }, async (system, random) => {
      const { proxy, owner } = choose(system, random);
      proxy.cut();
      return owner;
    }),
    impaired("refuses", { resets: true }, 2_000),
    impaired("delay", { delayMs: 300 }, 3_000),
    impaired("half-open", { dropsRequests: true, dropsReplies: true }, 6_000),
    impaired("drops-replies", { dropsReplies: true }, 1_500),
  ];
}
