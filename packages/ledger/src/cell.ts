import { type Connection, type ConnectionRole, connect } from "./redis/connection.ts";
import { type Keys, keysOf, prefixOf } from "./redis/keys.ts";

/** A cell: one hash tag in Redis, an independent set of accounts, tenants and queues. */
export interface Cell extends AsyncDisposable {
  name: string;
  redis: Connection;
  prefix: string;
  keys: Keys;
  primary: Primary;
  recentMoves: RecentMoves;
}

/** Opens the ledger's connection to a cell. Disposal waits for pending answers. */
export function openCell({ url, cell, role }: { url: string; cell: string; role: ConnectionRole }): Cell {
  const redis = connect(url, role);
  // failed commands reject by themselves; an error event without a listener would end the process
  redis.on("error", () => {});
  const prefix = prefixOf(cell);
  return {
    name: cell,
    redis,
    prefix,
    keys: keysOf(prefix),
    primary: unknownPrimary,
    recentMoves: openRecentMoves(),
    [Symbol.asyncDispose]: async () => {
      if (redis.status === "ready") await redis.quit().catch(() => redis.disconnect());
      else redis.disconnect();
    },
  };
}

/** The primary of the cell at the last check of this process. */
export interface Primary {
  /** Replication id; changes with a failover. "": not read yet. */
  id: string;
  /** Number of replicas in step. */
  replicas: number;
  /** A replica exists or may take over: durable writes need its confirmation. */
  replicated: boolean;
  /** Replication id at which it last had replicas; "": it had none. */
  idWithReplicas: string;
}

export const unknownPrimary: Primary = { id: "", replicas: 0, replicated: false, idWithReplicas: "" };

/** Moves of this process that Redis acknowledged within two minutes, oldest first, at most 5,000. */
export interface RecentMoves {
  keep(text: string): void;
  texts(): string[];
}

/** Longer than a deposed primary acknowledges writes. */
const retentionMs = 120_000;
/** Bounds the memory to some megabytes. */
const maxMoves = 5_000;

export function openRecentMoves(now: () => number = () => performance.now()): RecentMoves {
  let kept: { text: string; until: number }[] = [];
  const trim = () => {
    const alive = kept.findIndex(({ until }) => until > now());
    kept = alive === -1 ? [] : kept.slice(Math.max(alive, kept.length - maxMoves));
  };
  return {
    keep: (text) => {
      kept.push({ text, until: now() + retentionMs });
      if (kept.length > 2 * maxMoves) trim();
    },
    texts: () => {
      trim();
      return kept.map(({ text }) => text);
    },
  };
}
