import { type State, states } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";
import { type Place, placesAfter, placesAt } from "./newest.ts";

export interface ListFilter {
  state?: State;
  tenant?: string;
  account?: string;
  /** Rows of one batch, in order; needs `tenant`. */
  batch?: string;
}

export interface IdPage {
  ids: string[];
  /** Start of the next page; absent on the last page. */
  cursor?: string;
  /** The page may be short: the filter has met as many generations as one call reads, and goes on at the cursor. */
  scanning?: true;
}

/** Number of generations that one call reads for a filter without an index, and in one round trip. */
export const maxScanned = 10_000;
const scanChunk = 500;

/**
 * A page of ids, newest first by the last change of state; a batch in row order. The cursor stays valid while
 * generations change state: one that changes moves to the front, and is on no page after the first.
 */
export async function list(cell: Cell, filter: ListFilter, count: number, cursor?: string): Promise<IdPage> {
  const read = filter.batch === undefined ? await newestFirst(cell, filter) : rowsOfBatch(cell, filter);
  const hasIndex = filter.account === undefined && (filter.batch === undefined || filter.state === undefined);
  const chunk = hasIndex ? count + 1 : scanChunk;
  const found: Entry[] = [];
  let after = cursor;
  for (let scanned = 0; scanned < maxScanned; scanned += chunk) {
    const entries = await read(chunk, after);
    found.push(...(await matching(cell, entries, filter)));
    if (found.length > count || entries.length < chunk) return toPage(found, count);
    after = entries.at(-1)?.cursor;
  }
  return { ...toPage(found, count), ...(after !== undefined && { cursor: after, scanning: true }) };
}

/** Whether the text has the form of a cursor of a batch, or of any other list. */
export function isCursor(text: string, ofBatch: boolean): boolean {
  return ofBatch ? isBatchCursor(text) : decodeCursor(text) !== undefined;
}

/** Ids by position, newest first over these states and all tenants: for numbered pages. */
export async function page(cell: Cell, wanted: readonly State[], offset: number, count: number): Promise<string[]> {
  const sources = (await Promise.all(wanted.map((state) => sourcesOf(cell, { state })))).flat();
  return (await placesAt(cell, sources, offset, count)).map(({ id }) => id);
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

/** An id in the order of a list, and the cursor of what follows it. */
interface Entry {
  id: string;
  cursor: string;
}
/** Reads the next entries after a cursor; fewer than `count` are the last. */
type Read = (count: number, cursor: string | undefined) => Promise<Entry[]>;

function toPage(found: readonly Entry[], count: number): IdPage {
  const shown = found.slice(0, count);
  const last = shown.at(-1);
  return { ids: shown.map(({ id }) => id), ...(found.length > count && last && { cursor: last.cursor }) };
}

/** Without purged rows of a batch. */
async function matching(cell: Cell, entries: readonly Entry[], filter: ListFilter): Promise<readonly Entry[]> {
  if (filter.account === undefined && filter.batch === undefined) return entries;
  const records = (await pipeline(
    cell,
    entries.map(({ id }) => ["hmget", cell.keys.record(id), "state", "account"]),
  )) as (string | null)[][];
  return entries.filter((_, i) => {
    const [state, account] = records[i] ?? [];
    return state && (filter.state ?? state) === state && (filter.account ?? account) === account;
  });
}

async function newestFirst(cell: Cell, filter: ListFilter): Promise<Read> {
  const sources = await sourcesOf(cell, filter);
  return async (count, cursor) => {
    const place = cursor === undefined ? undefined : decodeCursor(cursor);
    const places = await placesAfter(cell, sources, count, place === "start" ? undefined : place);
    return places.map((each) => ({ id: each.id, cursor: encodeCursor(each) }));
  };
}

async function sourcesOf(cell: Cell, filter: ListFilter): Promise<string[]> {
  const tenants = filter.tenant === undefined ? await tenantsOf(cell) : [filter.tenant];
  const wanted = filter.state === undefined ? states : [filter.state];
  return wanted.flatMap((state) => tenants.map((tenant) => cell.keys.state(state, tenant)));
}

function encodeCursor({ id, score }: Place): string {
  return Buffer.from(`${score} ${id}`).toString("base64url");
}

/** `start`: a cursor of an older version, with a place in the order of states; the list begins again. */
function decodeCursor(cursor: string): Place | "start" | undefined {
  const [, old, score, id] = /^(\d+ )?(\d{1,15}) (\S+)$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (score === undefined || id === undefined) return undefined;
  return old === undefined ? { id, score: Number(score) } : "start";
}

/** Reads a batch in row order; may meet purged rows. The cursor counts from the first row ever. */
function rowsOfBatch(cell: Cell, { tenant = "", batch = "" }: ListFilter): Read {
  return async (count, cursor) => {
    const forgotten = (await storedBatchCounts(cell, tenant, batch)).forgotten ?? 0;
    const place = Math.max(forgotten, Number(cursor?.slice(1) ?? 0));
    const start = place - forgotten;
    const [ids] = (await pipeline(cell, [
      ["lrange", cell.keys.batch(tenant, batch), start, start + count - 1],
    ])) as string[][];
    return (ids ?? []).map((id, i) => ({ id, cursor: `b${place + i + 1}` }));
  };
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
