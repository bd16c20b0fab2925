import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Cell, Primary } from "../cell.ts";
import { LedgerError, toLedgerError } from "../redis/error.ts";
import { pipeline, run } from "../redis/run.ts";

/** A replica that has not been heard of for longer counts as away (seconds). */
const maxLagSeconds = 5;

/**
 * What INFO says of the primary, beside what was known. One that is alone and was a replica of the one before has taken over. One that is left
 * alone under its id may just have been deposed, and one that was restarted, under a new id, may be about to be: both are `replicated`.
 */
export function primaryOf(info: ReadonlyMap<string, string>, before: Primary): Primary {
  const id = info.get("master_replid") ?? "";
  const attached = [...info].filter(([name]) => /^slave\d+$/.test(name)).map(([, value]) => value);
  // one that is still being filled may take over as well, empty as it is
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

/** The fields of an INFO by name. */
export function parseInfo(text: string): Map<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

/** How long a primary remembers that it had replicas: longer than any failover waits for it to come back. */
const rememberMs = 300_000;

/**
 * Looks which server has the cell now. Whether it had replicas it remembers itself: who starts just after it was restarted, and is about to be deposed,
 * would else take it for one that stands alone.
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
  // what cannot be written now is written at the next look
  if (hasReplicas) await run(cell, "followed", [seen.id, rememberMs]).catch(() => {});
  return seen;
}

/** Waits until the cell can be used; a LedgerError that says why when it cannot within the time. */
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

/** A Cluster that has just lost a node says for seconds that it is down, or sends from one node to the other. */
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
