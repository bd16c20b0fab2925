import { freePort, redisServerArguments } from "@reelqueue/system";
import { eventually } from "@reelqueue/system/testing";
import { allInSync, ask, askMost, type Lineup } from "./lineup.ts";
import { type LocalRedis, startRedisProcess } from "./local-redis.ts";
import { uniqueCell } from "./redis.ts";

/** A Redis Cluster of three primaries, each a real process. A node that is down takes down its own slots only. */
export interface LocalCluster {
  /** `redis+cluster://…` */
  url: string;
  /** First the initial primaries, then their replicas. */
  nodes: readonly LocalRedis[];
  /** An unused cell whose slot this node owns at the start. */
  cellOn(node: LocalRedis): Promise<string>;
  /** The current owner of the cell's slot and its replicas, by the majority of the nodes. */
  lineupOf(cell: string): Promise<Lineup>;
  /** Resolves once every node knows all slots and every replica is in sync. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const slots = 16_384;
const size = 3;

/** Starts a cluster, optionally with a replica for each primary; resolves once it is whole. */
export async function startCluster({ replicas = false } = {}): Promise<LocalCluster> {
  const scope = new AsyncDisposableStack();
  const busPorts = await Promise.all(Array.from({ length: replicas ? 2 * size : size }, () => freePort()));
  const nodes = await Promise.all(busPorts.map(startNode));
  for (const node of nodes) scope.defer(() => node.stop());
  const [primaries, copies] = [nodes.slice(0, size), nodes.slice(size)];
  await Promise.all(
    primaries.map(({ url }, i) => ask(url, "cluster", "addslotsrange", startOf(i), startOf(i + 1) - 1)),
  );
  await Promise.all(
    nodes.slice(1).map(({ url }) => ask(url, "cluster", "meet", "127.0.0.1", `${nodes[0]?.port}`, `${busPorts[0]}`)),
  );
  await Promise.all(copies.map((copy, i) => follow(copy, primaries[i]?.url ?? "")));
  const whole = async () => {
    await Promise.all(nodes.map((node) => untilWhole(node, replicas ? 2 : 1)));
    if (replicas) await allInSync(nodes);
  };
  await whole();
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    cellOn: async (node) => {
      for (;;) {
        const cell = uniqueCell();
        if (nodes[firstOwnerOf(await slotOf(cell, node))] === node) return cell;
      }
    },
    lineupOf: (cell) => lineupOf(cell, nodes),
    whole,
    stop: () => scope.disposeAsync(),
  };
}

const startOf = (node: number): number => Math.ceil((node * slots) / size);
const firstOwnerOf = (slot: number): number => Math.floor((slot * size) / slots);
const slotOf = async (cell: string, { url }: LocalRedis) => Number(await ask(url, "cluster", "keyslot", `{${cell}}`));

function startNode(busPort: number): Promise<LocalRedis> {
  return startRedisProcess((place) => [
    ...redisServerArguments(place),
    ...["--cluster-enabled", "yes", "--cluster-port", `${busPort}`, "--cluster-node-timeout", "2000"],
    ...["--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"],
    // CLUSTER SLOTS lists a replica only after its first ping
    ...["--repl-ping-replica-period", "1"],
  ]);
}

async function follow({ url }: LocalRedis, primaryUrl: string): Promise<void> {
  const id = `${await ask(primaryUrl, "cluster", "myid")}`;
  await eventually(() => ask(url, "cluster", "replicate", id), {
    describe: "a replica knows its primary",
    timeoutMs: 20_000,
    everyMs: 100,
  });
}

/** Resolves once this node reports every slot as served by this number of servers. */
async function untilWhole({ url }: LocalRedis, servers: number): Promise<void> {
  await eventually(
    async () => {
      const info = `${await ask(url, "cluster", "info")}`;
      const ranges = await slotRanges(url);
      const served = info.includes("cluster_state:ok") && info.includes(`cluster_slots_ok:${slots}`);
      return served && ranges.every(([, , ...found]) => found.length === servers);
    },
    { describe: "the cluster is whole", timeoutMs: 60_000, everyMs: 100 },
  );
}

/** First and last slot, then host and port of the primary and of its replicas. */
type SlotRange = [first: number, last: number, ...servers: [host: string, port: number][]];

async function slotRanges(url: string): Promise<SlotRange[]> {
  return (await ask(url, "cluster", "slots")) as SlotRange[];
}

async function lineupOf(cell: string, nodes: readonly LocalRedis[]): Promise<Lineup> {
  const ports = await askMost(nodes, async (url) => {
    const slot = Number(await ask(url, "cluster", "keyslot", `{${cell}}`));
    const [, , ...servers] = (await slotRanges(url)).find(([first, last]) => first <= slot && slot <= last) ?? [0, 0];
    return servers.map(([, port]) => port);
  });
  const [primary, ...replicas] = ports.flatMap((port) => nodes.find((node) => node.port === port) ?? []);
  if (primary === undefined) throw new Error(`no node owns the slot of cell ${cell}`);
  return { primary, replicas, others: nodes.filter(({ port }) => !ports.includes(port)) };
}
