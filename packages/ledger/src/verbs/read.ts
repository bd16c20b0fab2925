import type { GenerationRequest, State } from "@reelqueue/contracts";
import { type Cell, pipeline } from "../cell.ts";
import { taskHash } from "../keys.ts";
import { parseRecord, type StoredRecord, thaw } from "../record.ts";

export interface Found {
  id: string;
  record: StoredRecord;
  request: GenerationRequest;
}

/** The generation as stored; `undefined` if there is none. */
export async function read(cell: Cell, id: string): Promise<Found | undefined> {
  return (await readMany(cell, [id]))[0];
}

/** Many generations in one round trip, in the order asked for. */
export async function readMany(cell: Cell, ids: readonly string[]): Promise<(Found | undefined)[]> {
  const answers = await pipeline(
    cell,
    ids.flatMap((id) => [
      ["hgetall", cell.keys.record(id)],
      ["get", cell.keys.request(id)],
    ]),
  );
  return ids.map((id, i) => {
    const record = parseRecord(answers[2 * i] as Record<string, string>);
    const request = answers[2 * i + 1] as string | null;
    if (record === undefined || request === null) return undefined;
    return { id, record, request: thaw(request, record) };
  });
}

/** The generation that a task belongs to. */
export async function ownerOf(cell: Cell, account: string, taskId: string): Promise<string | undefined> {
  const [owner] = await pipeline(cell, [["hget", cell.keys.tasks(account), taskHash(taskId)]]);
  return (owner as string | null) ?? undefined;
}

/** How many generations of each state a batch has. */
export async function batchCounts(cell: Cell, tenant: string, batch: string): Promise<Partial<Record<State, number>>> {
  const [counts] = (await pipeline(cell, [["hgetall", cell.keys.batchCounts(tenant, batch)]])) as Record<
    string,
    string
  >[];
  return Object.fromEntries(Object.entries(counts ?? {}).map(([state, count]) => [state, Number(count)]));
}

/** Task ids that came to us without a generation of their own, newest first: each one may be money. */
export async function orphans(cell: Cell, count = 100): Promise<Record<string, string>[]> {
  const [lines] = await pipeline(cell, [["lrange", cell.keys.orphans, 0, count - 1]]);
  return (lines as string[]).map((line) => JSON.parse(line) as Record<string, string>);
}
