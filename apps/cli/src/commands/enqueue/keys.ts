import { createHash } from "node:crypto";
import type { Client } from "@reelqueue/client";
import type { Row } from "./rows.ts";

/**
 * The idempotency key of a row without an own one: made of its batch, its request (the API's hash of it) and which of
 * the equal rows it is, from 1. The line is no part of it: a row that has moved is the same row.
 */
export function keyOf(batch: string, requestHash: string, nth: number): string {
  return `${batch}:${requestHash}:${nth}`;
}

/**
 * The key that earlier versions gave a row in this line: its own, else one made of batch, line and request. A row that
 * is known under it was made by one of them. The order of fields and white space do not matter.
 */
export function keyByLine(batch: string, { line, request }: Row): string {
  if (typeof request.idempotencyKey === "string") return request.idempotencyKey;
  const hash = createHash("sha256")
    .update(JSON.stringify(sorted(request)))
    .digest("base64url");
  return `${batch}:${line}:${hash.slice(0, 22)}`;
}

/** Whether the row names its key itself. */
export function hasOwnKey({ request }: Row): boolean {
  return request.idempotencyKey !== undefined;
}

/** What the API says of a row. */
interface Compared extends Row {
  /** Equal for equal requests of one batch. */
  requestHash: string;
  /** The generation that was made of the row before. */
  existing?: string;
}

/**
 * Gives each row without an own key, in order, the next generation of the batch with the same request that no other row
 * has: wherever the row stood when it was enqueued, and whichever version enqueued it.
 */
export async function findExisting<R extends Compared>(
  rows: readonly R[],
  batch: string,
  { client, signal }: { client: Client; signal: AbortSignal },
): Promise<R[]> {
  const taken = new Set(rows.map(({ existing }) => existing));
  const free = new Map<string, string[]>();
  for await (const { id, requestHash } of client.listAll({ batch }, { signal })) {
    if (taken.has(id)) continue;
    const ids = free.get(requestHash);
    if (ids) ids.push(id);
    else free.set(requestHash, [id]);
  }
  return rows.map((row) => {
    if (row.existing !== undefined || hasOwnKey(row)) return row;
    const existing = free.get(row.requestHash)?.shift();
    return existing === undefined ? row : { ...row, existing };
  });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
