import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

/** Whether callbacks of an account come. */
export interface CallbackStatus {
  /** When the last one came; absent: none has come. */
  heardAtMs?: number;
  /** Tasks since then that a poll found finished, and of which no callback came. */
  missed: number;
}

export async function callbackStatus(cell: Cell, account: string): Promise<CallbackStatus> {
  const query = ["hmget", cell.keys.account(account), "heard", "missed"];
  const [[heard, missed]] = (await pipeline(cell, [query])) as [[string | null, string | null]];
  return { ...(heard !== null && { heardAtMs: Number(heard) }), missed: Number(missed ?? 0) };
}

/** Counts a finished task of which no callback came; returns how many there are since the last callback. */
export async function countMissedCallback(cell: Cell, account: string): Promise<number> {
  const [missed] = (await pipeline(cell, [["hincrby", cell.keys.account(account), "missed", 1]])) as [number];
  return missed;
}
