import { setTimeout as wait } from "node:timers/promises";
import type * as ledger from "@reelqueue/ledger";
import type { Road } from "../rig/road.ts";
import { generationOf } from "../rig/running.ts";
import type { Asked } from "./lateness.ts";

const account = "hiapi";
/** No wait between two looks is shorter than 0.9 s: read this often and far ahead, each due time is seen before it comes. */
const reading = { everyMs: 400, aheadMs: 1_500 } as const;

/** Due times of the running generations, in the order in which they were set. */
export interface Watch extends AsyncDisposable {
  dues: Map<string, number[]>;
}

/** Reads from Redis what comes due, until disposed. */
export function watchDues(cell: ledger.Cell, before: Held = { dues: new Map(), claimed: new Map() }): Watch {
  const dues = new Map([...before.dues].map(([id, due]) => [id, [due]]));
  let stopped = false;
  const read = async () => {
    const scores = await dueTimes(cell, Date.now() + reading.aheadMs);
    for (const [id, due] of scores) {
      const known = dues.get(id) ?? [];
      if (known.at(-1) !== due && before.claimed.get(id) !== due) dues.set(id, [...known, due]);
    }
  };
  const running = (async () => {
    while (!stopped) {
      await read();
      await wait(reading.everyMs);
    }
  })();
  return {
    dues,
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      await running;
    },
  };
}

/** What the ledger held when all was dead. */
export interface Held {
  /** When each running generation was due. For one that a dead poller had claimed: when it claimed it. */
  dues: Map<string, number>;
  /** Ends of the leases of dead pollers. */
  claimed: Map<string, number>;
}

export interface Death {
  killedAt: number;
  /** All due times, read just before. */
  dues: Map<string, number>;
  /** Who has been looked at since. */
  asked: ReadonlySet<string>;
}

/** Reads it from a ledger in which the next poller may be at work already: of what that one has taken, the time before the kill counts. */
export async function readHeld(
  cell: ledger.Cell,
  leaseMs: number,
  { killedAt, dues: before, asked }: Death,
): Promise<Held> {
  const [dues, claims] = [await dueTimes(cell, "+inf"), await claimsOf(cell)];
  const claimed = new Map<string, number>();
  for (const [id, due] of dues) {
    const isClaim = claims.get(id) === due;
    const ofTheDead = isClaim && due - leaseMs <= killedAt;
    if (ofTheDead) {
      claimed.set(id, due);
      dues.set(id, due - leaseMs);
    } else if (isClaim || asked.has(id)) dues.set(id, before.get(id) ?? due);
  }
  return { dues, claimed };
}

/** Due times of the running generations up to a moment, or all of them. */
export async function dueTimes({ redis, keys }: ledger.Cell, untilMs: number | string): Promise<Map<string, number>> {
  const flat = await redis.zrangebyscore(keys.due("poll", account), "-inf", untilMs, "WITHSCORES");
  return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? "", Number(flat[2 * i + 1])]));
}

/** Who was claimed lately, and until when: the ledger keeps each claim as long as its lease. */
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

/** The looks that reached the provider, by generation. */
export function askedFor(road: Road, sinceMs: number): Asked[] {
  const name = "/hiapi/v1/tasks/";
  return road.arrivals
    .filter(({ atMs, method, path }) => method === "GET" && atMs >= sinceMs && path.startsWith(name))
    .map(({ atMs, path }) => ({ atMs, id: generationOf("reel", path.slice(name.length)) }));
}
