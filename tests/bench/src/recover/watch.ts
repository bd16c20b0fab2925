import type * as ledger from "@reelqueue/ledger";
import { type FaultProxy, repeat } from "@reelqueue/testing";
import { generationOf } from "../rig/running.ts";
import type { PollRequest } from "./lateness.ts";

const account = "hiapi";
/** Waits between polls are at least 0.9 s: at this interval and look-ahead every due time is read before it passes. */
const reading = { everyMs: 400, aheadMs: 1_500 } as const;

/** Reads upcoming due times from Redis until disposed. */
export function watchDues(cell: ledger.Cell, before: Held = { dues: new Map(), claimed: new Map() }) {
  /** Of the running generations, in the order in which they were set. */
  const dues = new Map([...before.dues].map(([id, due]) => [id, [due]]));
  const read = async () => {
    const scores = await dueTimes(cell, Date.now() + reading.aheadMs);
    for (const [id, due] of scores) {
      const known = dues.get(id) ?? [];
      if (known.at(-1) !== due && before.claimed.get(id) !== due) dues.set(id, [...known, due]);
    }
  };
  return { dues, ...repeat(reading.everyMs, read) };
}

/** The due times and claims in the ledger after the kill. */
export interface Held {
  /** Due time of each running generation; for one claimed by a dead poller, the time of the claim. */
  dues: Map<string, number>;
  /** End of the lease of each generation claimed by a dead poller. */
  claimed: Map<string, number>;
}

export interface KillState {
  killedAt: number;
  /** All due times just before the kill. */
  dues: Map<string, number>;
  /** Generations polled since the restart. */
  requests: ReadonlySet<string>;
}

/**
 * Reads the ledger while the next poller may already run: for generations that it has taken, the due time before the
 * kill counts.
 */
export async function readHeld(
  cell: ledger.Cell,
  leaseMs: number,
  { killedAt, dues: before, requests }: KillState,
): Promise<Held> {
  const [dues, claims] = [await dueTimes(cell, "+inf"), await claimsOf(cell)];
  const claimed = new Map<string, number>();
  for (const [id, due] of dues) {
    const isClaim = claims.get(id) === due;
    const byDeadPoller = isClaim && due - leaseMs <= killedAt;
    if (byDeadPoller) {
      claimed.set(id, due);
      dues.set(id, due - leaseMs);
    } else if (isClaim || requests.has(id)) dues.set(id, before.get(id) ?? due);
  }
  return { dues, claimed };
}

/** Due times of the running generations up to a moment, or all of them. */
export async function dueTimes({ redis, keys }: ledger.Cell, untilMs: number | string): Promise<Map<string, number>> {
  const flat = await redis.zrangebyscore(keys.due("poll", account), "-inf", untilMs, "WITHSCORES");
  return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? "", Number(flat[2 * i + 1])]));
}

/** End of the claim by generation; the ledger keeps a claim as long as its lease. */
async function claimsOf({ redis, prefix }: ledger.Cell): Promise<Map<string, number>> {
  const names = await redis.keys(`${prefix}:claim:*`);
  const claims = names.length === 0 ? [] : await redis.mget(names);
  const found = new Map<string, number>();
  for (const claim of claims) {
    const [end, ...ids] = (claim ?? "").split(" ");
    if (Number.isFinite(Number(end))) for (const id of ids) found.set(id, Math.max(Number(end), found.get(id) ?? 0));
  }
  return found;
}

/** The polls that reached the provider, by generation. */
export function pollRequests(proxy: FaultProxy, sinceMs: number): PollRequest[] {
  const name = "/hiapi/v1/tasks/";
  return proxy.arrivals
    .filter(({ atMs, method, path }) => method === "GET" && atMs >= sinceMs && path.startsWith(name))
    .map(({ atMs, path }) => ({ atMs, id: generationOf("reel", path.slice(name.length)) }));
}
