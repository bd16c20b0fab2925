import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

/** Prefix of the fields of a stored account; the rest is a status, the value when it was first seen. */
const prefix = "word:";

/** Notes a status that no document of the provider names; false if it is noted already. */
export async function noteOddStatus(cell: Cell, account: string, status: string): Promise<boolean> {
  const [isNew] = await pipeline(cell, [["hsetnx", cell.keys.account(account), `${prefix}${status}`, Date.now()]]);
  return isNew === 1;
}

/** The noted statuses among the fields of a stored account, newest first. */
export function oddStatusesIn(fields: Readonly<Record<string, string>>): { status: string; sinceMs: number }[] {
  return Object.entries(fields)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, at]) => ({ status: name.slice(prefix.length), sinceMs: Number(at) }))
    .sort((one, other) => other.sinceMs - one.sinceMs);
}
