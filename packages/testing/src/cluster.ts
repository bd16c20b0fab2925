import { freePort, redisServerArguments } from "@reelqueue/stack";
import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import { type LocalRedis, startRedisProcess } from "./local-redis.ts";
import { uniqueCell } from "./shared-redis.ts";

/** A Redis Cluster of three primaries, real processes all. A node that is away stops its own slots only. */
export interface LocalCluster {
  /** `redis+cluster://…` */
  url: string;
  nodes: readonly LocalRedis[];
  /** A cell that no other test uses and that lies on this node. */
  cellOn(node: LocalRedis): Promise<string>;
  stop(): Promise<void>;
}

const slots = 16_384;
const size = 3;

/** Starts it; resolves once every node knows all slots. */
export async function startCluster(): Promise<LocalCluster> {
  const scope = new AsyncDisposableStack();
  const busPorts = await Promise.all(Array.from({ length: size }, () => freePort()));
  const nodes = await Promise.all(busPorts.map(startNode));
  for (const node of nodes) scope.defer(() => node.stop());
  await Promise.all(
    nodes.map((node, i) =>
      using(node, async (client) => {
        await client.call("cluster", "addslotsrange", startOf(i), startOf(i + 1) - 1);
        if (i > 0) await client.call("cluster", "meet", "127.0.0.1", `${nodes[0]?.port}`, `${busPorts[0]}`);
      }),
    ),
  );
  await Promise.all(nodes.map(isWhole));
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    cellOn: async (node) => {
      for (;;) {
        const cell = uniqueCell();
        const slot = await using(node, (client) => client.cluster("KEYSLOT", `{${cell}}`));
        if (nodes[ownerOf(slot)] === node) return cell;
      }
    },
    stop: () => scope.disposeAsync(),
  };
}

const startOf = (node: number): number => Math.ceil((node * slots) / size);
const ownerOf = (slot: number): number => Math.floor((slot * size) / slots);

function startNode(busPort: number): Promise<LocalRedis> {
  return startRedisProcess((place) => [
    ...redisServerArguments(place),
    ...["--cluster-enabled", "yes", "--cluster-port", `${busPort}`, "--cluster-node-timeout", "2000"],
    ...["--cluster-require-full-coverage", "no"],
  ]);
}

async function isWhole(node: LocalRedis): Promise<void> {
  await eventually(
    () =>
      using(node, async (client) => {
        const info = `${await client.cluster("INFO")}`;
        return info.includes("cluster_state:ok") && info.includes(`cluster_slots_ok:${slots}`);
      }),
    { describe: "the cluster is whole", timeoutMs: 20_000, everyMs: 100 },
  );
}

async function using<T>({ url }: LocalRedis, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: null, commandTimeout: 2_000 });
  client.on("error", () => {});
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}
