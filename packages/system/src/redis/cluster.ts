import { eventually } from "../eventually.ts";
import type { Machine } from "../machine.ts";
import { freePort } from "../ports.ts";
import { ask } from "./probe.ts";
import { type LocalRedis, redisServerArguments, startRedisProcess } from "./server.ts";
import { allInSync, askMost, type Lineup, redisServers } from "./servers.ts";

const slots = 16_384;
const size = 3;

/** A Redis Cluster of three primaries. A node that is down takes down its own slots only. */
export type LocalCluster = Awaited<ReturnType<typeof startCluster>>;

/** Starts a cluster, optionally with a replica for each primary; resolves once it is whole. */
export async function startCluster(machine: Machine, { replicas = false } = {}) {
  const busPorts = await Promise.all(Array.from({ length: replicas ? 2 * size : size }, () => freePort()));
  const servers = await Promise.all(busPorts.map((busPort) => startNode(machine, busPort)));
  const [primaries, copies] = [servers.slice(0, size), servers.slice(size)];
  await Promise.all(
    primaries.map(({ url }, i) => ask(url, "cluster", "addslotsrange", startOf(i), startOf(i + 1) - 1)),
  );
  const [first] = servers;
  if (first === undefined) throw new Error("the cluster has no nodes");
  await Promise.all(
    servers.slice(1).map(({ url }) => ask(url, "cluster", "meet", "127.0.0.1", `${first.port}`, `${busPorts[0]}`)),
  );
  await Promise.all(copies.map((copy, i) => follow(copy, primaries[i]?.url ?? "")));
  const whole = async () => {
    await Promise.all(servers.map((server) => untilWhole(server, replicas ? 2 : 1)));
    if (replicas) await allInSync(servers);
  };
  await whole();
  let cells = 0;
  /** An unused cell whose slot this server owns at the start. */
  const cellOn = async (server: LocalRedis) => {
    for (;;) {
      cells += 1;
      const cell = `cell${cells}`;
      if (servers[firstOwnerOf(await slotOf(cell, server))] === server) return cell;
    }
  };
  /** Its slot is owned by the first server at the start; `lineup` is that of its slot. */
  const cell = await cellOn(first);
  return redisServers({
    topology: "cluster",
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    ...{ cell, cellOn, servers, sentinels: [], whole },
    lineup: () => lineupOf(cell, servers),
  });
}

const startOf = (node: number): number => Math.ceil((node * slots) / size);
const firstOwnerOf = (slot: number): number => Math.floor((slot * size) / slots);
const slotOf = async (cell: string, { url }: LocalRedis) => Number(await ask(url, "cluster", "keyslot", `{${cell}}`));

function startNode(machine: Machine, busPort: number): Promise<LocalRedis> {
  return startRedisProcess(machine, (place) => [
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
