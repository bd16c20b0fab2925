import { setTimeout as wait } from "node:timers/promises";
import type { Chance } from "../random.ts";
import type { Road, Weather } from "../world/road.ts";
import { type Topology, topologies } from "../world/servers.ts";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";

export const network: readonly Nemesis[] = [
  ...roads("redis", ["alone"], ({ slots }, luck) =>
    luck.pick(slots.flatMap(({ name, toRedis }) => (toRedis === undefined ? [] : [{ road: toRedis, whose: name }]))),
  ),
  ...roads("simulator", topologies, ({ toSimulator }) => ({ road: toSimulator, whose: "all" })),
  {
    name: "simulator-dead",
    weight: 0.02,
    strike: async ({ toSimulator }, luck) => {
      const deadMs = luck.between(5_000, 10_000);
      toSimulator.weather({ refuses: true });
      toSimulator.cut();
      await wait(deadMs);
      toSimulator.weather({});
      return `for ${deadMs} ms`;
    },
  },
  {
    name: "simulator-storm",
    weight: 0.03,
    strike: async ({ simulator }, luck) => {
      const forMs = luck.between(2_000, 5_000);
      await deal(simulator.url, { "submit-429": 0.8, "poll-429": 0.5 });
      await wait(forMs);
      await deal(simulator.url, {});
      return `429 to most requests for ${forMs} ms`;
    },
  },
];

async function deal(url: string, rates: Record<string, number>): Promise<void> {
  const headers = { "content-type": "application/json" };
  await fetch(`${url}/simulator/faults`, { method: "POST", headers, body: JSON.stringify({ rates }) });
}

type Chosen = (world: World, luck: Chance) => { road: Road; whose: string };

/** What can happen to one kind of road. */
function roads(name: string, where: readonly Topology[], choose: Chosen): Nemesis[] {
  const bad = (kind: string, weather: Partial<Weather>, mostMs: number): Nemesis => ({
    name: `${name}-${kind}`,
    weight: 0.07,
    where,
    strike: async (world, luck) => {
      const { road, whose } = choose(world, luck);
      const forMs = luck.between(mostMs / 10, mostMs);
      road.weather(weather);
      await wait(forMs);
      road.weather({});
      return `${whose} for ${forMs} ms`;
    },
  });
  return [
    {
      name: `${name}-cut`,
      weight: 0.07,
      where,
      strike: async (world, luck) => {
        const { road, whose } = choose(world, luck);
        road.cut();
        return whose;
      },
    },
    bad("refuses", { refuses: true }, 2_000),
    bad("delay", { delayMs: 300 }, 3_000),
    bad("half-open", { dropsRequests: true, dropsReplies: true }, 6_000),
    bad("drops-replies", { dropsReplies: true }, 1_500),
  ];
}
