import { createHash, randomBytes, randomUUID } from "node:crypto";

/** Kind of work of a due time; each live generation is in one lane or in the backlog. */
export type Lane =
  /** Has a slot and a submit job. */
  | "granted"
  /** Waits for the end of a backoff, then returns to the backlog. */
  | "backoff"
  | "preparing"
  | "submitting"
  | "unknown"
  | "review"
  | "poll"
  | "finalize"
  /** Expired here, but the provider may still finish the task. */
  | "watch";

export const lanes: readonly Lane[] = [
  "granted",
  "backoff",
  "preparing",
  "submitting",
  "unknown",
  "review",
  "poll",
  "finalize",
  "watch",
];

/** Keys that are read outside the scripts; the scripts build the same names from the prefix. */
export function keysOf(prefix: string) {
  return {
    record: (id: string) => `${prefix}:g:${id}`,
    request: (id: string) => `${prefix}:r:${id}`,
    due: (lane: Lane, account: string) => `${prefix}:d:${lane}:${account}`,
    account: (name: string) => `${prefix}:a:${name}`,
    state: (state: string, tenant: string) => `${prefix}:s:${state}:${tenant}`,
    tenants: `${prefix}:tenants`,
    /** Ids in row order. */
    batch: (tenant: string, batch: string) => `${prefix}:batch:${tenant}:${batch}`,
    /** Number of its generations per state; `forgotten`: number of its first rows that are purged. */
    batchCounts: (tenant: string, batch: string) => `${prefix}:n:${tenant}:${batch}`,
    line: (account: string, priority: string, tenant: string) => `${prefix}:b:${account}:${priority}:${tenant}`,
    tasks: (account: string) => `${prefix}:t:${account}`,
    /** Tasks that callbacks have named, by the time of their next look-up. */
    named: (account: string) => `${prefix}:named:${account}`,
    upload: (account: string, file: string) => `${prefix}:u:${account}:${file}`,
    runTimes: (className: string) => `${prefix}:c:${className}`,
    event: (id: string) => `${prefix}:e:${id}`,
    events: (state: string) => `${prefix}:es:${state}`,
    endpoints: `${prefix}:endpoints`,
    orphans: `${prefix}:orphans`,
    orphansAcked: `${prefix}:orphans:acked`,
    /** Replication id at which the primary has, or recently had, replicas. */
    followed: `${prefix}:followed`,
  };
}
export type Keys = ReturnType<typeof keysOf>;

export const prefixOf = (cell: string): string => `{${cell}}`;

/** Field of a task in the key `tasks`; equals `task_hash` of the scripts. */
export function taskHash(taskId: string): string {
  return createHash("sha1").update(taskId).digest("hex").slice(0, 24);
}

/**
 * Id of a generation, with the cell's name: derived from tenant and idempotency key (the record deduplicates), random
 * without a key.
 */
export function generationId(cell: string, tenant: string, idempotencyKey?: string): string {
  const bytes =
    idempotencyKey === undefined
      ? randomBytes(16)
      : createHash("sha256").update(`${tenant}\n${idempotencyKey}`).digest().subarray(0, 16);
  return `${cell}_${base62(bytes)}`;
}

/** A random token that identifies one operation on the ledger. */
export function operationToken(): string {
  // 48 random bits of a UUID: Node caches UUIDs, so this costs no system call
  const uuid = randomUUID();
  return Buffer.from(uuid.slice(0, 8) + uuid.slice(9, 13), "hex").toString("base64url");
}

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function base62(bytes: Buffer): string {
  let text = "";
  for (let value = BigInt(`0x${bytes.toString("hex")}`); value > 0n; value /= 62n)
    text = digits62[Number(value % 62n)] + text;
  return text.padStart(22, "0");
}
