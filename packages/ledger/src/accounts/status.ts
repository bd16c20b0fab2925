import type { Cell } from "../cell.ts";
import type { GenerationRecord } from "../redis/codec.ts";
import { type Lane, lanes } from "../redis/keys.ts";
import { pipeline } from "../redis/run.ts";
import { oddStatusesIn } from "./odd-statuses.ts";

export interface AccountStatus {
  name: string;
  inFlight: number;
  /** Reason of the pause; absent: not paused. */
  paused?: string;
  /** End of the throttle, ms since 1970. */
  untilMs?: number;
  /** Why it is throttled; absent: the provider asked for it. */
  untilReason?: string;
  /** Why the last admission stopped: `empty`, `slots:10`, `rate`, `budget`, `window`, `throttled`, `paused:…`. */
  stopped?: string;
  /** Statuses that no document of the provider names, since when, newest first. */
  oddStatuses: { status: string; sinceMs: number }[];
  /** Reserved and spent in this UTC day, micro-USD. */
  spentTodayMicroUsd: number;
  /** Generations in the backlog. */
  waiting: number;
  lanes: Record<Lane, number>;
}

/** Current state of an account. */
export async function accountStatus(cell: Cell, name: string): Promise<AccountStatus> {
  const { keys } = cell;
  const [fields, ...sizes] = (await pipeline(cell, [
    ["hgetall", keys.account(name)],
    ...lanes.map((lane) => ["zcard", keys.due(lane, name)]),
  ])) as [Record<string, string>, ...number[]];
  const day = Math.floor(Date.now() / 86_400_000);
  return {
    name,
    inFlight: Number(fields.inFlight ?? 0),
    ...(fields.paused !== undefined && { paused: fields.paused }),
    ...(fields.until !== undefined && { untilMs: Number(fields.until) }),
    ...(fields.untilWhy !== undefined && { untilReason: fields.untilWhy }),
    ...(fields.wait !== undefined && { stopped: fields.wait }),
    oddStatuses: oddStatusesIn(fields),
    spentTodayMicroUsd: Number(fields[`spent:${day}`] ?? 0),
    waiting: await backlogSize(cell, name),
    lanes: Object.fromEntries(lanes.map((lane, i) => [lane, sizes[i] ?? 0])) as Record<Lane, number>,
  };
}

export interface QueuePosition {
  lane: string;
  /** Ms until the due time; absent in the backlog. */
  dueInMs?: number;
  /** Backlog only: number of generations of its tenant and priority before it. */
  ahead?: number;
}

/** Position of a generation in the backlog, or the due time of its lane. */
export async function queuePosition(
  cell: Cell,
  id: string,
  {
    lane = "",
    account,
    priority,
    tenant,
  }: Pick<GenerationRecord, "account" | "priority" | "tenant"> & { lane?: string },
): Promise<QueuePosition> {
  if (lane === "backlog") {
    const [rank] = (await pipeline(cell, [["zrank", cell.keys.line(account, String(priority), tenant), id]])) as [
      number | null,
    ];
    return { lane, ...(rank !== null && { ahead: rank }) };
  }
  const [due] = (await pipeline(cell, [["zscore", cell.keys.due(lane as Lane, account), id]])) as [string | null];
  return { lane, ...(due !== null && { dueInMs: Math.max(0, Number(due) - Date.now()) }) };
}

/** Ids in the backlog of an account, in order within each tenant. */
export async function waitingIds(cell: Cell, account: string, count: number): Promise<string[]> {
  const lists = (await pipeline(
    cell,
    (await backlogKeys(cell, account)).map((key) => ["zrange", key, 0, count - 1]),
  )) as string[][];
  return lists.flat().slice(0, count);
}

async function backlogSize(cell: Cell, account: string): Promise<number> {
  const sizes = (await pipeline(
    cell,
    (await backlogKeys(cell, account)).map((key) => ["zcard", key]),
  )) as number[];
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Keys of the backlog, one per priority and tenant. */
async function backlogKeys(cell: Cell, account: string): Promise<string[]> {
  const [priorities = []] = (await pipeline(cell, [["zrevrange", `${cell.prefix}:p:${account}`, 0, -1]])) as string[][];
  const rings = (await pipeline(
    cell,
    priorities.map((priority) => ["zrange", `${cell.prefix}:v:${account}:${priority}`, 0, -1]),
  )) as string[][];
  return rings.flatMap((tenants, i) => tenants.map((tenant) => cell.keys.line(account, priorities[i] ?? "0", tenant)));
}
