import { randomUUID } from "node:crypto";
import { type Cell, run } from "../cell.ts";
import type { Lane } from "../keys.ts";
import { decodeFields, encode, type FieldName, type GenerationRecord, storedName } from "../redis/codec.ts";
import type { Bucket } from "./accounts.ts";

export interface ClaimOptions {
  limit: number;
  leaseMs: number;
  /** Query budget: each claim takes a token, `reserve` of them are left to others. */
  bucket?: { of: Bucket; rate: number; burst: number; reserve: number };
}

export interface Claimed<Name extends FieldName> {
  /** Ms until the next one is due; absent: none waits. */
  nextInMs?: number;
  /** End of the lease: the fence that `polled` checks. */
  lease: string;
  items: ({ id: string } & Pick<GenerationRecord, Name>)[];
}

/** Takes what is due in a lane of an account; nobody else gets it before the lease ends. */
export async function claim<Name extends FieldName>(
  cell: Cell,
  lane: Lane,
  account: string,
  fields: readonly Name[],
  { limit, leaseMs, bucket }: ClaimOptions,
): Promise<Claimed<Name>> {
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
    ...fields.map(storedName),
  ]);
  const [next, lease, ...flat] = JSON.parse(text) as [string, string, ...(string | Values)[]];
  const items = Array.from({ length: flat.length / 2 }, (_, i) =>
    itemOf(flat[2 * i] as string, fields, flat[2 * i + 1] as Values),
  );
  return { lease, items, ...(next !== "" && { nextInMs: Number(next) }) };
}

type Values = (string | false)[];

function itemOf<Name extends FieldName>(id: string, fields: readonly Name[], values: Values) {
  const stored = Object.fromEntries(fields.map((name, i) => [storedName(name), values[i] || undefined]));
  return { id, ...decodeFields(fields, stored) };
}

export interface Look {
  id: string;
  nextInMs: number;
  set?: Partial<GenerationRecord>;
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
    const pairs = Object.entries(encode(set));
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
