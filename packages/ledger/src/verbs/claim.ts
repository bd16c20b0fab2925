import { randomUUID } from "node:crypto";
import { type Cell, run } from "../cell.ts";
import type { Lane } from "../keys.ts";
import type { StoredRecord } from "../record.ts";
import type { Bucket } from "./accounts.ts";

export interface ClaimOptions {
  limit: number;
  leaseMs: number;
  /** Query budget: each claim takes a token, `reserve` of them are left to others. */
  bucket?: { of: Bucket; rate: number; burst: number; reserve: number };
}

export interface Claimed<Field extends keyof StoredRecord> {
  /** Ms until the next one is due; absent: none waits. */
  nextInMs?: number;
  /** End of the lease: the fence that `polled` checks. */
  lease: string;
  items: ({ id: string } & Record<Field, string>)[];
}

/** Takes what is due in a lane of an account; nobody else gets it before the lease ends. Fields that a record lacks are "". */
export async function claim<Field extends keyof StoredRecord>(
  cell: Cell,
  lane: Lane,
  account: string,
  fields: readonly Field[],
  { limit, leaseMs, bucket }: ClaimOptions,
): Promise<Claimed<Field>> {
  const text = await run<string>(cell, "claim", [
    lane,
    account,
    limit,
    leaseMs,
    bucket?.rate ?? 0,
    bucket?.burst ?? 0,
    bucket?.reserve ?? 0,
    bucket?.of ?? "tokens",
    randomUUID(),
    ...fields,
  ]);
  const [next, lease, ...flat] = JSON.parse(text) as [string, string, ...(string | Values)[]];
  const items = Array.from({ length: flat.length / 2 }, (_, i) =>
    itemOf(flat[2 * i] as string, fields, flat[2 * i + 1] as Values),
  );
  return { lease, items, ...(next !== "" && { nextInMs: Number(next) }) };
}

type Values = (string | false)[];

function itemOf<Field extends string>(id: string, fields: readonly Field[], values: Values) {
  const item: Record<string, string> = { id };
  for (const [i, field] of fields.entries()) item[field] = values[i] || "";
  return item as { id: string } & Record<Field, string>;
}

export interface Look {
  id: string;
  nextInMs: number;
  set?: Partial<Record<keyof StoredRecord, string>>;
}

/** Says when to look again at claimed generations; a lease that has passed to another says nothing. Returns how many still held. */
export async function polled(
  cell: Cell,
  lane: Lane,
  account: string,
  lease: string,
  looks: readonly Look[],
): Promise<number> {
  if (looks.length === 0) return 0;
  const args = looks.flatMap(({ id, nextInMs, set = {} }) => {
    const pairs = Object.entries(set);
    return [id, Math.max(0, Math.round(nextInMs)), pairs.length, ...pairs.flat()];
  });
  return run<number>(cell, "polled", [lane, account, lease, ...args]);
}

/** Keeps claimed work for longer; answers the new end of its lease, `undefined` where that has passed to another. */
export async function renew(
  cell: Cell,
  lane: Lane,
  account: string,
  { id, lease, longerMs }: { id: string; lease: string; longerMs: number },
): Promise<string | undefined> {
  return (await run<string>(cell, "renew", [lane, account, id, lease, Math.round(longerMs)])) || undefined;
}
