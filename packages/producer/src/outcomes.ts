import type { AcceptedRow } from "@reelqueue/pipeline";

/**
 * What became of one request. `accepted`: it is on disk in Redis and will be made. `existing`: its idempotency key made it before.
 * `refused`: the problems say what is wrong, field by field. `mismatch`: its key was used for another body.
 * `valid`: nothing is wrong with it, but another row of the same atomic call was refused, so nothing was written.
 */
export type Row = AcceptedRow;

/** What became of a request that was sent alone. */
export type Enqueued = Exclude<AcceptedRow, { kind: "valid" }>;

/** What a request would cost, and where it would be made. */
export type Quoted = Extract<AcceptedRow, { kind: "valid" | "refused" }>;
