import type { Cell } from "../cell.ts";
import { pipeline, run } from "../redis/run.ts";

/** A task that may be charged and belongs to no generation, as it is stored. */
export interface Orphan {
  account: string;
  task: string;
  /** When it was found, in ms. */
  at: string;
  /** The generation whose POST, or whose callback, named the task. */
  generation?: string;
  /** The task that this generation has. */
  known?: string;
  /** The generation that has the task, where two were given the same one. */
  owner?: string;
  /** Who acknowledged it, when (ms), and what became of it. */
  by?: string;
  acked?: string;
  note?: string;
}

/** Bounds the time of one script. */
const maxTasksPerScript = 100;

/** Records tasks that no generation owns as orphans, each once; returns the new ones. `generation`: named for it. */
export async function recordUnowned(
  cell: Cell,
  account: string,
  taskIds: readonly string[],
  generation = "",
): Promise<string[]> {
  const added: string[] = [];
  for (let start = 0; start < taskIds.length; start += maxTasksPerScript) {
    const args = [account, generation, ...taskIds.slice(start, start + maxTasksPerScript)];
    added.push(...(await run<string[]>(cell, "record_unowned", args)));
  }
  return added;
}

/** Orphans that nobody has acknowledged, newest first. */
export async function orphans(cell: Cell, count = 100, offset = 0): Promise<Orphan[]> {
  return read(cell, ["lrange", cell.keys.orphans, offset, offset + count - 1]);
}

/** Acknowledged orphans, the last one first. */
export async function acknowledgedOrphans(cell: Cell, count = 100, offset = 0): Promise<Orphan[]> {
  return read(cell, ["zrevrange", cell.keys.orphansAcked, offset, offset + count - 1]);
}

/** Number of orphans that nobody has acknowledged. */
export async function countOrphans(cell: Cell): Promise<number> {
  const [count] = await pipeline(cell, [["llen", cell.keys.orphans]]);
  return count as number;
}

/** Takes an orphan from the list, of every account unless one is named; returns what was taken. */
export async function acknowledgeOrphan(
  cell: Cell,
  { taskId, account = "" }: { taskId: string; account?: string | undefined },
  { by, note = "" }: { by: string; note?: string | undefined },
): Promise<Orphan[]> {
  return parsed(await run<string[]>(cell, "ack_orphan", [taskId, account, by, note]));
}

async function read(cell: Cell, command: (string | number)[]): Promise<Orphan[]> {
  const [lines] = await pipeline(cell, [command]);
  return parsed(lines as string[]);
}

function parsed(lines: readonly string[]): Orphan[] {
  return lines.map((line) => JSON.parse(line) as Orphan);
}
