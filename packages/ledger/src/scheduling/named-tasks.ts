import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

/** A task that a callback named although its generation does not have it. It may not exist. */
export interface NamedTask {
  generation: string;
  taskId: string;
  /** The provider knew it at an earlier look-up. */
  isKnown: boolean;
}

/** Named tasks of an account that are due to be looked up. */
export async function dueNamedTasks(cell: Cell, account: string, limit: number): Promise<NamedTask[]> {
  const query = ["zrangebyscore", cell.keys.named(account), "-inf", Date.now(), "LIMIT", 0, limit];
  const [members] = (await pipeline(cell, [query])) as [string[]];
  return members.map((member) => {
    const [, kind, generation = "", taskId = ""] = /^(\w+) (\S+) (.*)$/s.exec(member) ?? [];
    return { generation, taskId, isKnown: kind === "known" };
  });
}

/** Stores when a named task is looked up next, and whether the provider knows it. */
export async function keepNamedTask(
  cell: Cell,
  account: string,
  task: NamedTask,
  { isKnown, inMs }: { isKnown: boolean; inMs: number },
): Promise<void> {
  const key = cell.keys.named(account);
  const kept = memberOf({ ...task, isKnown });
  const renamed = kept === memberOf(task) ? [] : [["zrem", key, memberOf(task)]];
  await pipeline(cell, [["zadd", key, Math.round(Date.now() + inMs), kept], ...renamed]);
}

export async function forgetNamedTask(cell: Cell, account: string, task: NamedTask): Promise<void> {
  await pipeline(cell, [["zrem", cell.keys.named(account), memberOf(task)]]);
}

/** Number of named tasks that are not looked up to the end. */
export async function countNamedTasks(cell: Cell, account: string): Promise<number> {
  const [count] = (await pipeline(cell, [["zcard", cell.keys.named(account)]])) as [number];
  return count;
}

function memberOf({ isKnown, generation, taskId }: NamedTask): string {
  return `${isKnown ? "known" : "named"} ${generation} ${taskId}`;
}
