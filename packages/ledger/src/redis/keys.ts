import { createHash, randomBytes, randomUUID } from "node:crypto";

/** The work that a due time stands for; each live generation is in one lane or in the backlog. */
export type Lane =
  /** Has a slot and a submit job. */
  | "granted"
  /** Waits out a backoff before it joins the backlog again. */
  | "backoff"
  | "preparing"
  | "submitting"
  | "unknown"
  | "review"
  | "poll"
  | "finalize"
  /** Expired for us, but the provider may still finish it. */
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

/** Names of the keys that are read outside the scripts; the scripts build the same names from the prefix. */
export function keysOf(prefix: string) {
  return {
    record: (id: string) => `${prefix}:g:${id}`,
    request: (id: string) => `${prefix}:r:${id}`,
    due: (lane: Lane, account: string) => `${prefix}:d:${lane}:${account}`,
    account: (name: string) => `${prefix}:a:${name}`,
    state: (state: string, tenant: string) => `${prefix}:s:${state}:${tenant}`,
    tenants: `${prefix}:tenants`,
    /** Ids in the order of their rows. */
    batch: (tenant: string, batch: string) => `${prefix}:batch:${tenant}:${batch}`,
    /** How many of it are in each state, and how many of its first rows are `forgotten`. */
    batchCounts: (tenant: string, batch: string) => `${prefix}:n:${tenant}:${batch}`,
    backlog: (account: string, priority: string, tenant: string) => `${prefix}:b:${account}:${priority}:${tenant}`,
    tasks: (account: string) => `${prefix}:t:${account}`,
    upload: (account: string, file: string) => `${prefix}:u:${account}:${file}`,
    runTimes: (className: string) => `${prefix}:c:${className}`,
    event: (id: string) => `${prefix}:e:${id}`,
    events: (state: string) => `${prefix}:es:${state}`,
    endpoints: `${prefix}:endpoints`,
    orphans: `${prefix}:orphans`,
    /** The id under which the primary has, or shortly before had, replicas. */
    followed: `${prefix}:followed`,
  };
}
export type Keys = ReturnType<typeof keysOf>;

export const prefixOf = (cell: string): string => `{${cell}}`;

/** The field under which a task's owner is kept; the same as `task_hash` of the scripts. */
export function taskHash(taskId: string): string {
  return createHash("sha1").update(taskId).digest("hex").slice(0, 24);
}

/** The id of a generation: derived from tenant and idempotency key, so that the record is its own dedupe; random without a key. Names its cell. */
export function generationId(cell: string, tenant: string, idempotencyKey?: string): string {
  const bytes =
    idempotencyKey === undefined
      ? randomBytes(16)
      : createHash("sha256").update(`${tenant}\n${idempotencyKey}`).digest().subarray(0, 16);
  return `${cell}_${base62(bytes)}`;
}

/** Names one operation on the ledger. */
export function operationToken(): string {
  // 48 of its random bits; Node keeps a store of UUIDs, so that this costs no system call
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
