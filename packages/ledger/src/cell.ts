import { type Connection, type ConnectionRole, connect } from "./redis/connection.ts";
import { type Keys, keysOf, prefixOf } from "./redis/keys.ts";

/** One hash tag in Redis: an independent set of accounts, tenants and queues. Every verb of the ledger works on one. */
export interface Cell extends AsyncDisposable {
  name: string;
  redis: Connection;
  prefix: string;
  keys: Keys;
  primary: Primary;
  recentMoves: RecentMoves;
}

/** Opens the ledger's own connection to a cell; closing it lets answers under way arrive first. */
export function openCell({ url, cell, role }: { url: string; cell: string; role: ConnectionRole }): Cell {
  const redis = connect(url, role);
  // Every failing command reports for itself; without a listener the connection's own report would end the process.
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

/** The server that has the cell, as this process last saw it. */
export interface Primary {
  /** Changes when another server takes over; "": not seen yet. */
  id: string;
  /** Replicas that follow it closely. */
  replicas: number;
  /** It has had replicas since this process knows it: one of them may take over, so a write that must last has to be there too. */
  replicated: boolean;
  /** The id under which it last had replicas; "": it had none. */
  idWithReplicas: string;
}

export const unknownPrimary: Primary = { id: "", replicas: 0, replicated: false, idWithReplicas: "" };

/** The moves of the last minutes that Redis acknowledged to this process, oldest first. */
export interface RecentMoves {
  keep(text: string): void;
  texts(): string[];
}

/** Longer than a deposed primary goes on acknowledging writes. */
const retentionMs = 120_000;
/** Some megabytes at most. */
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
