import { type State, states } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

export interface ListFilter {
  state?: State;
  tenant?: string;
  /** Rows of one batch, in order; needs `tenant`. */
  batch?: string;
}

/** A page of ids, newest first (a batch: in row order). The cursor stays valid while generations change state. */
export async function list(cell: Cell, filter: ListFilter, count: number, cursor?: string): Promise<IdPage> {
  if (filter.batch !== undefined)
    return rowsOfBatch(cell, { tenant: filter.tenant ?? "", batch: filter.batch }, count, cursor);
  const sources = await sourcesOf(cell, filter);
  const place = cursor === undefined ? undefined : decodeCursor(cursor);
  const found: Place[] = [];
  for (const [index, source] of sources.entries()) {
    if (found.length > count || (place !== undefined && index < place.source)) continue;
    const start = place?.source === index ? await positionAfter(cell, source, place) : 0;
    found.push(...(await readPlaces(cell, { key: source, source: index }, start, count + 1 - found.length)));
  }
  const last = found[count - 1];
  const more = found.length > count && last !== undefined;
  return { ids: found.slice(0, count).map(({ id }) => id), ...(more && { cursor: encodeCursor(last) }) };
}

/** Whether the text has the form of a cursor. */
export function isCursor(text: string): boolean {
  return isBatchCursor(text) || decodeCursor(text) !== undefined;
}

/** Ids by position, newest first within each state, over all tenants: for numbered pages. */
export async function page(cell: Cell, wanted: readonly State[], offset: number, count: number): Promise<string[]> {
  const sources = (await Promise.all(wanted.map((state) => sourcesOf(cell, { state })))).flat();
  const sizes = (await pipeline(
    cell,
    sources.map((key) => ["zcard", key]),
  )) as number[];
  const ids: string[] = [];
  let skip = offset;
  for (const [index, source] of sources.entries()) {
    const size = sizes[index] ?? 0;
    if (skip < size && ids.length < count) {
      ids.push(
        ...(await readPlaces(cell, { key: source, source: index }, skip, count - ids.length)).map(({ id }) => id),
      );
    }
    skip = Math.max(0, skip - size);
  }
  return ids;
}

/** Number of generations per state, of one tenant or of all. */
export async function counts(cell: Cell, tenant?: string): Promise<Record<State, number>> {
  const tenants = tenant === undefined ? await tenantsOf(cell) : [tenant];
  const commands = states.flatMap((state) => tenants.map((name) => ["zcard", cell.keys.state(state, name)]));
  const sizes = (await pipeline(cell, commands)) as number[];
  const sum = (start: number) => sizes.slice(start, start + tenants.length).reduce((total, size) => total + size, 0);
  return Object.fromEntries(states.map((state, i) => [state, sum(i * tenants.length)])) as Record<State, number>;
}

export async function tenantsOf(cell: Cell): Promise<string[]> {
  const [names] = (await pipeline(cell, [["smembers", cell.keys.tenants]])) as string[][];
  return (names ?? []).sort();
}

/** An id in one index, with its score at that time. */
interface Place {
  source: number;
  id: string;
  score: string;
}

async function sourcesOf(cell: Cell, filter: ListFilter): Promise<string[]> {
  const tenants = filter.tenant === undefined ? await tenantsOf(cell) : [filter.tenant];
  const wanted = filter.state === undefined ? states : [filter.state];
  return wanted.flatMap((state) => tenants.map((tenant) => cell.keys.state(state, tenant)));
}

async function readPlaces(
  cell: Cell,
  { key, source }: { key: string; source: number },
  start: number,
  count: number,
): Promise<Place[]> {
  const [flat] = (await pipeline(cell, [["zrevrange", key, start, start + count - 1, "WITHSCORES"]])) as (
    | string
    | [string, string]
  )[][];
  const flatPairs = (flat ?? []).flat();
  return Array.from({ length: flatPairs.length / 2 }, (_, i) => ({
    source,
    id: String(flatPairs[2 * i]),
    score: String(flatPairs[2 * i + 1]),
  }));
}

/** The position after an id; if the id has left the index, the position after its score. */
async function positionAfter(cell: Cell, key: string, { id, score }: Place): Promise<number> {
  const [rank, passed] = (await pipeline(cell, [
    ["zrevrank", key, id],
    ["zcount", key, `(${score}`, "+inf"],
  ])) as [number | null, number];
  return rank === null ? passed : rank + 1;
}

function encodeCursor({ source, id, score }: Place): string {
  return Buffer.from(`${source} ${score} ${id}`).toString("base64url");
}

function decodeCursor(cursor: string): Place | undefined {
  const [source = "", score = "", id = ""] = Buffer.from(cursor, "base64url").toString().split(" ");
  return /^\d+$/.test(source) && /^[\d.e+]+$/.test(score) && id !== ""
    ? { source: Number(source), score, id }
    : undefined;
}

export interface IdPage {
  ids: string[];
  /** Start of the next page; absent on the last page. */
  cursor?: string;
}

/** A page of a batch, in row order; may contain purged rows. The cursor counts from the first row ever. */
async function rowsOfBatch(
  cell: Cell,
  { tenant, batch }: { tenant: string; batch: string },
  count: number,
  cursor?: string,
): Promise<IdPage> {
  const forgotten = (await storedBatchCounts(cell, tenant, batch)).forgotten ?? 0;
  const place = Math.max(forgotten, Number(cursor?.slice(1) ?? 0));
  const start = place - forgotten;
  const [ids] = (await pipeline(cell, [
    ["lrange", cell.keys.batch(tenant, batch), start, start + count],
  ])) as string[][];
  const found = ids ?? [];
  return { ids: found.slice(0, count), ...(found.length > count && { cursor: `b${place + count}` }) };
}

/** Whether the text has the form of a cursor of a batch. */
function isBatchCursor(text: string): boolean {
  return /^b\d{1,15}$/.test(text);
}

/** Number of generations per state in a batch. */
export async function batchCounts(cell: Cell, tenant: string, batch: string): Promise<Partial<Record<State, number>>> {
  const { forgotten, ...counts } = await storedBatchCounts(cell, tenant, batch);
  return counts;
}

async function storedBatchCounts(
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
