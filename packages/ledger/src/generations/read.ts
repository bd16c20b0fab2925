import type { GenerationRequest } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { decode, type GenerationRecord } from "../redis/codec.ts";
import { LedgerError } from "../redis/error.ts";
import { gather, type ValueOrError } from "../redis/gather.ts";
import { taskHash } from "../redis/keys.ts";
import { pipeline, run } from "../redis/run.ts";
import { parseRequest } from "./request-text.ts";

export interface Found {
  id: string;
  record: GenerationRecord;
  request: GenerationRequest;
}

/** Bounds the time of one script. */
const maxReadsPerScript = 100;

/** The generation as stored; `undefined` if there is none. */
export const read: (cell: Cell, id: string) => Promise<Found | undefined> = gather(
  { maxBatchSize: maxReadsPerScript },
  readChunk,
);

/** Many generations, in the order of `ids`. */
export function readMany(cell: Cell, ids: readonly string[]): Promise<(Found | undefined)[]> {
  return Promise.all(ids.map((id) => read(cell, id)));
}

async function readChunk(cell: Cell, ids: readonly string[]): Promise<ValueOrError<Found | undefined>[]> {
  const text = await run<string>(cell, "read", [...ids]);
  // Lua has no empty list: a missing record arrives as {}
  const answers = JSON.parse(text) as [string[] | Record<never, never>, string | false][];
  return answers.map(([flat, request], i) => found(ids[i] ?? "", flat, request));
}

function found(
  id: string,
  flat: string[] | Record<never, never>,
  request: string | false,
): ValueOrError<Found | undefined> {
  try {
    const record = Array.isArray(flat) ? decode(toFields(flat)) : undefined;
    return record && request !== false ? { id, record, request: parseRequest(request, record) } : undefined;
  } catch (error) {
    return error instanceof LedgerError
      ? error
      : new LedgerError("script_error", `the record of ${id} cannot be read: ${error}`, error);
  }
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
