import type { GenerationRequest } from "@reelqueue/contracts";
import { type Cell, pipeline, run } from "../cell.ts";
import { taskHash } from "../keys.ts";
import { parseRecord, type StoredRecord } from "../record.ts";
import { thaw } from "../request-text.ts";

export interface Found {
  id: string;
  record: StoredRecord;
  request: GenerationRequest;
}

/** The generation as stored; `undefined` if there is none. */
export async function read(cell: Cell, id: string): Promise<Found | undefined> {
  return (await readMany(cell, [id]))[0];
}

/** Redis does nothing else while it reads: so many at a time. */
const readAtOnce = 100;

/** Many generations, in the order asked for. */
export async function readMany(cell: Cell, ids: readonly string[]): Promise<(Found | undefined)[]> {
  const chunks: Promise<(Found | undefined)[]>[] = [];
  for (let start = 0; start < ids.length; start += readAtOnce)
    chunks.push(readChunk(cell, ids.slice(start, start + readAtOnce)));
  return (await Promise.all(chunks)).flat();
}

async function readChunk(cell: Cell, ids: readonly string[]): Promise<(Found | undefined)[]> {
  const text = await run<string>(cell, "read", [...ids]);
  // Lua knows no empty list: a record that is not there comes as an object.
  const answers = JSON.parse(text) as [string[] | Record<never, never>, string | false][];
  return answers.map(([flat, request], i) => {
    const record = Array.isArray(flat) ? parseRecord(toFields(flat)) : undefined;
    if (record === undefined || request === false) return undefined;
    return { id: ids[i] ?? "", record, request: thaw(request, record) };
  });
}

function toFields(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) fields[flat[i] ?? ""] = flat[i + 1] ?? "";
  return fields;
}

/** The generation that a task belongs to. */
export async function ownerOf(cell: Cell, account: string, taskId: string): Promise<string | undefined> {
  const [owner] = await pipeline(cell, [["hget", cell.keys.tasks(account), taskHash(taskId)]]);
  return (owner as string | null) ?? undefined;
}

/** Task ids that came to us without a generation of their own, newest first: each one may be money. */
export async function orphans(cell: Cell, count = 100): Promise<Record<string, string>[]> {
  const [lines] = await pipeline(cell, [["lrange", cell.keys.orphans, 0, count - 1]]);
  return (lines as string[]).map((line) => JSON.parse(line) as Record<string, string>);
}
