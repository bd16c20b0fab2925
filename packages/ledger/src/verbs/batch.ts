import type { State } from "@reelqueue/contracts";
import { type Cell, pipeline } from "../cell.ts";

export interface IdPage {
  ids: string[];
  /** Where the next page begins; absent on the last one. */
  cursor?: string;
}

/** Ids of a batch in the order of its rows, a page at a time; rows that are forgotten may be among them. */
export async function rowsOfBatch(
  cell: Cell,
  tenant: string,
  batch: string,
  count: number,
  cursor?: string,
): Promise<IdPage> {
  const forgotten = (await countsOf(cell, tenant, batch)).forgotten ?? 0;
  const place = Math.max(forgotten, Number(cursor?.slice(1) ?? 0));
  const start = place - forgotten;
  const [ids] = (await pipeline(cell, [
    ["lrange", cell.keys.batch(tenant, batch), start, start + count],
  ])) as string[][];
  const found = ids ?? [];
  return { ids: found.slice(0, count), ...(found.length > count && { cursor: `b${place + count}` }) };
}

/** Whether a text can be the cursor of an earlier page of a batch. */
export function isPlaceInBatch(text: string): boolean {
  return /^b\d{1,15}$/.test(text);
}

/** How many generations of each state a batch has. */
export async function batchCounts(cell: Cell, tenant: string, batch: string): Promise<Partial<Record<State, number>>> {
  const { forgotten, ...counts } = await countsOf(cell, tenant, batch);
  return counts;
}

async function countsOf(
  cell: Cell,
  tenant: string,
  batch: string,
): Promise<Partial<Record<State | "forgotten", number>>> {
  const [counts] = (await pipeline(cell, [["hgetall", cell.keys.batchCounts(tenant, batch)]])) as Record<
    string,
    string
  >[];
  return Object.fromEntries(Object.entries(counts ?? {}).map(([state, count]) => [state, Number(count)]));
}
