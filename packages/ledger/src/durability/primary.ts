import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Cell, Primary } from "../cell.ts";
import { LedgerError, toLedgerError } from "../redis/error.ts";
import { pipeline, run } from "../redis/run.ts";

/** A replica with more lag does not count as in step. */
const maxLagSeconds = 5;

/**
 * The primary according to INFO and to its state `before`. Without replicas it is `replicated` unless it was a replica
 * of the primary before it (a failover): under the same id it may have been deposed, restarted under a new id it may be
 * soon.
 */
export function primaryOf(info: ReadonlyMap<string, string>, before: Primary): Primary {
  const id = info.get("master_replid") ?? "";
  const attached = [...info].filter(([name]) => /^slave\d+$/.test(name)).map(([, value]) => value);
  // includes a replica in its first synchronisation: it may take over, too
  const followed = attached.length > 0;
  const tookOver = [before.id, before.idWithReplicas].includes(info.get("master_replid2") ?? "");
  const alone = before.id === id ? before.replicated : before.idWithReplicas !== "" && !tookOver;
  return {
    id,
    replicas: attached.filter(isInStep).length,
    replicated: followed || alone,
    idWithReplicas: followed ? id : before.idWithReplicas,
  };
}

function isInStep(replica: string): boolean {
  const lag = /,lag=(\d+)/.exec(replica)?.[1];
  return replica.includes("state=online") && lag !== undefined && Number(lag) <= maxLagSeconds;
}

/** The fields of an INFO answer by name. */
export function parseInfo(text: string): Map<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

/** How long a primary stores that it had replicas: longer than a failover takes. */
const rememberMs = 300_000;

/**
 * Reads the state of the primary. That it had replicas is stored at the primary: a process that starts between its
 * restart and the failover would otherwise take it for a primary without replicas.
 */
export async function readPrimary(cell: Cell): Promise<Primary> {
  const { keys, primary } = cell;
  const commands = [
    ["info", "replication"],
    ["get", keys.followed],
  ];
  const [info, followed] = (await pipeline(cell, commands)) as [string, string | null];
  const facts = parseInfo(info);
  const seen = primaryOf(facts, { ...primary, idWithReplicas: primary.idWithReplicas || (followed ?? "") });
  const hasReplicas = facts.get("role") === "master" && Number(facts.get("connected_slaves")) > 0;
  // a failed write is repeated at the next check
  if (hasReplicas) await run(cell, "followed", [seen.id, rememberMs]).catch(() => {});
  return seen;
}

/** Waits until the cell is usable; rejects with a LedgerError after `withinMs`. */
export async function awaitReady(cell: Cell, withinMs: number): Promise<void> {
  const last: { error?: unknown } = {};
  const recordError = (error: unknown) => {
    last.error = error;
  };
  cell.redis.on("error", recordError);
  try {
    const signal = AbortSignal.timeout(withinMs);
    while (cell.redis.status !== "ready")
      await once(cell.redis, "ready", { signal }).catch(() => signal.throwIfAborted());
    cell.primary = await retryWhileClusterDown(signal, () => readPrimary(cell));
  } catch (error) {
    throw toLedgerError(last.error ?? error);
  } finally {
    cell.redis.off("error", recordError);
  }
}

/** Repeats `operation` while a Cluster that lost a node answers CLUSTERDOWN or MOVED. */
async function retryWhileClusterDown<Answer>(signal: AbortSignal, operation: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      const isDown = error instanceof LedgerError && /CLUSTERDOWN|MOVED/.test(error.message);
      if (!isDown || signal.aborted) throw error;
      await wait(100);
    }
  }
}
