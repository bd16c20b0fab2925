import { randomUUID } from "node:crypto";
import type { JobRef, State } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { encode, type GenerationRecord } from "../redis/codec.ts";
import type { Lane } from "../redis/keys.ts";
import { run } from "../redis/run.ts";

/** What a genuine callback says of a generation. */
export interface CallbackHint {
  account: string;
  attempt: string;
  /** Default: it names no task. */
  taskId?: string;
  /** Its token names no account, as an older version made them. */
  hasOldToken?: boolean;
}

/** `gapMs`: between two wakes by callbacks, at least. `lookUpInMs`: until a task that is only noted is looked up. */
export interface HintTiming {
  gapMs: number;
  lookUpInMs: number;
}

/**
 * Makes a generation due now if it is in one of the lanes. A named task that no generation owns is stored as a hint
 * while the task of the attempt is not known, else noted for `dueNamedTasks`; a few per attempt. `refused`: the token
 * is of an older version, and no longer heard.
 */
export async function makeDueNow(
  cell: Cell,
  id: string,
  lanes: readonly Lane[],
  { account, attempt, taskId = "", hasOldToken = false, gapMs, lookUpInMs }: CallbackHint & HintTiming,
): Promise<{ state: State | "missing" | "refused"; woken: boolean }> {
  const times = [Math.ceil(gapMs), Math.ceil(lookUpInMs)];
  const args = [id, account, attempt, taskId, ...times, hasOldToken ? "1" : "", ...lanes];
  const [state, woken] = await run<[State | "missing" | "refused", number]>(cell, "make_due_now", args);
  return { state, woken: woken === 1 };
}

/** Moves generations whose backoff is over back to the backlog. */
export async function promoteDelayed(
  cell: Cell,
  account: string,
  limit: number,
): Promise<{ count: number; nextInMs?: number }> {
  const [count, next] = await run<[number, string]>(cell, "promote_delayed", [account, limit]);
  return { count, ...(next !== "" && { nextInMs: Number(next) }) };
}

export interface Redispatched extends JobRef {
  finalizePriority?: number;
}

/** Takes work whose lease has ended, under the next dispatch number and a new lease; the caller adds the jobs. */
export async function redispatch(
  cell: Cell,
  lane: "granted" | "finalize",
  account: string,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): Promise<Redispatched[]> {
  const flat = await run<(string | number)[]>(cell, "redispatch", [lane, account, limit, leaseMs, randomUUID()]);
  return Array.from({ length: flat.length / 3 }, (_, i) => {
    const priority = flat[3 * i + 2];
    return {
      generation: String(flat[3 * i]),
      dispatchSeq: Number(flat[3 * i + 1]),
      ...(priority !== "" && priority !== undefined && { finalizePriority: Number(priority) }),
    };
  });
}

/** Extends the lease of a dispatch; false if it is no longer the current one. */
export async function extendLease(
  cell: Cell,
  lane: Lane,
  { generation, dispatchSeq }: JobRef,
  inMs: number,
): Promise<boolean> {
  return (await run<number>(cell, "extend_lease", [generation, lane, dispatchSeq, Math.round(inMs)])) === 1;
}

/** Makes all work of a lane due now; returns the number. */
export function makeAllDue(cell: Cell, lane: Lane, account: string): Promise<number> {
  return run<number>(cell, "make_all_due", [lane, account]);
}

/**
 * Frees the slot of a generation whose task can no longer run; `unwatch` also removes the due time of an expired one.
 */
export async function releaseSlot(
  cell: Cell,
  id: string,
  state: "expired" | "needs_review",
  options: { unwatch: boolean; costMicroUsd?: number },
): Promise<boolean> {
  const args = [
    id,
    state,
    options.unwatch ? "1" : "",
    options.costMicroUsd === undefined ? "" : Math.round(options.costMicroUsd),
  ];
  return (await run<number>(cell, "release_slot", args)) === 1;
}

/** Records a requested cancel in one of `states`; else `refused`. */
export async function requestCancel(
  cell: Cell,
  id: string,
  states: readonly State[],
): Promise<{ kind: "noted" | "refused"; state: State } | { kind: "missing" }> {
  const [kind, state] = await run<["noted" | "refused" | "missing", State]>(cell, "request_cancel", [id, ...states]);
  return kind === "missing" ? { kind } : { kind, state };
}

/** Generations past their deadline. */
export async function listPastDeadline(
  cell: Cell,
  limit: number,
): Promise<{ id: string; state: State; lane: string }[]> {
  const flat = await run<string[]>(cell, "list_past_deadline", [limit]);
  return Array.from({ length: flat.length / 3 }, (_, i) => ({
    id: flat[3 * i] ?? "",
    state: flat[3 * i + 1] as State,
    lane: flat[3 * i + 2] ?? "",
  }));
}

/**
 * Removes at most `limit` records of a state and tenant that are resting for longer than the retention; returns their
 * number.
 */
export function purge(
  cell: Cell,
  state: State,
  tenant: string,
  { retentionMs, limit }: { retentionMs: number; limit: number },
): Promise<number> {
  return run<number>(cell, "purge", [state, tenant, retentionMs, limit]);
}

/** Moves a generation that waits in the backlog of `from` to another account; false if it no longer waits there. */
export async function reassign(
  cell: Cell,
  id: string,
  from: string,
  to: { account: string; runTimeClass: string; estimateMicroUsd?: number; note: string },
): Promise<boolean> {
  const estimate = to.estimateMicroUsd === undefined ? "" : Math.round(to.estimateMicroUsd);
  const note = to.note.slice(0, 200).toWellFormed();
  return (await run<number>(cell, "reassign", [id, from, to.account, to.runTimeClass, estimate, note])) === 1;
}

/** Writes fields outside a move; does nothing if the record does not exist. */
export async function updateFields(cell: Cell, id: string, set: Partial<GenerationRecord>): Promise<void> {
  await run(cell, "update_fields", [id, ...Object.entries(encode(set)).flat()]);
}
