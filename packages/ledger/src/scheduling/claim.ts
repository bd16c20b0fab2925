import { randomUUID } from "node:crypto";
import { type BucketLimits, storedBucket } from "../accounts/limits.ts";
import type { Cell } from "../cell.ts";
import { decodeFields, encode, type FieldName, type GenerationRecord, storedName } from "../redis/codec.ts";
import { gather } from "../redis/gather.ts";
import type { Lane } from "../redis/keys.ts";
import { run } from "../redis/run.ts";

export interface ClaimOptions<Name extends FieldName = FieldName> {
  /** Fields to read of each claimed record. */
  fields: readonly Name[];
  limit: number;
  leaseMs: number;
  /** Each claimed item takes a token of the bucket. */
  bucket?: BucketLimits;
}

export interface Claimed<Name extends FieldName> {
  /** Ms until the next item is due; absent: none. */
  nextInMs?: number;
  /** End of the lease; `reschedule` checks it. */
  lease: string;
  items: ({ id: string } & Pick<GenerationRecord, Name>)[];
}

/** Claims due work of a lane; no other worker gets it before the lease ends. */
export async function claim<Name extends FieldName>(
  cell: Cell,
  lane: Lane,
  account: string,
  { fields, limit, leaseMs, bucket }: ClaimOptions<Name>,
): Promise<Claimed<Name>> {
  const text = await run<string>(cell, "claim", [
    lane,
    account,
    limit,
    leaseMs,
    bucket?.rate ?? 0,
    bucket?.burst ?? 0,
    bucket?.reserve ?? 0,
    storedBucket[bucket?.of ?? "requests"],
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

/** Claimed work with its next due time (ms from now) and the fields to write. */
export interface Reschedule {
  lane: Lane;
  account: string;
  id: string;
  lease: string;
  nextInMs: number;
  set?: Partial<GenerationRecord>;
}

/** Batching delay of poll results. */
const waitMs = 10;

/** Makes claimed work due again; false, and nothing written, if its lease has passed to another worker. */
export const reschedule = gather<Reschedule, boolean>({ maxBatchSize: 500, waitMs }, async (cell, items) => {
  const byLane = Map.groupBy(items, ({ lane, account }) => `${lane} ${account}`);
  const held = new Map<Reschedule, boolean>();
  const write = async (together: readonly Reschedule[]): Promise<void> => {
    const [{ lane, account } = { lane: "poll", account: "" }] = together;
    const answers = await run<number[]>(cell, "reschedule", [lane, account, ...together.flatMap(argumentsOf)]);
    for (const [i, each] of together.entries()) held.set(each, answers[i] === 1);
  };
  await Promise.all([...byLane.values()].map(write));
  return items.map((item) => held.get(item) ?? false);
});

function argumentsOf({ id, lease, nextInMs, set = {} }: Reschedule): (string | number)[] {
  const pairs = Object.entries(encode(set));
  return [id, lease, Math.max(0, Math.round(nextInMs)), pairs.length, ...pairs.flat()];
}

/** Extends the lease of claimed work; returns its new end, or undefined if it has passed to another worker. */
export async function renewClaim(
  cell: Cell,
  lane: Lane,
  account: string,
  { id, lease, longerMs }: { id: string; lease: string; longerMs: number },
): Promise<string | undefined> {
  return (await run<string>(cell, "renew_claim", [lane, account, id, lease, Math.round(longerMs)])) || undefined;
}
