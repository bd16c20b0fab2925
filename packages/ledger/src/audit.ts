import { isResting, type State } from "@reelqueue/contracts";
import type { Cell } from "./cell.ts";
import { pipeline } from "./redis/run.ts";

/**
 * Contradictions in the cell, one sentence each; empty if the ledger is consistent. Reads every key: for tests and
 * `doctor`.
 */
export async function audit(cell: Cell): Promise<string[]> {
  const ids = (await keysMatching(cell, "g:*")).map((key) => key.slice(`${cell.prefix}:g:`.length));
  const records = (await pipeline(
    cell,
    ids.map((id) => ["hgetall", cell.keys.record(id)]),
  )) as Record<string, string>[];
  const places = await lanesOf(cell);
  const indexed = await membersOf(cell, "s:*");
  const violations = ids.flatMap((id, i) =>
    violationsOf(id, records[i] ?? {}, places.get(id) ?? [], indexed.get(id) ?? []),
  );
  return [
    ...violations,
    ...(await slotViolations(cell, records)),
    ...danglingMembers(places, ids),
    ...danglingMembers(indexed, ids),
  ];
}

function violationsOf(id: string, record: Record<string, string>, places: string[], indexed: string[]): string[] {
  const state = record.state as State;
  const violations: string[] = [];
  const index = `s:${state}:${record.tenant}`;
  if (indexed.length !== 1 || indexed[0] !== index)
    violations.push(`${id} is ${state} but indexed under ${indexed.join(", ") || "nothing"}`);
  if (!isResting(state) && places.length !== 1)
    violations.push(`${id} is ${state} with ${places.length} due times: ${places.join(", ")}`);
  const mayWatch = state === "expired" && places.every((place) => place.startsWith("d:watch:"));
  if (isResting(state) && places.length > 0 && !mayWatch)
    violations.push(`${id} is ${state} but still due in ${places.join(", ")}`);
  const expected =
    record.lane === "backlog"
      ? `b:${record.account}:${record.priority}:${record.tenant}`
      : `d:${record.lane}:${record.account}`;
  if (places.length === 1 && places[0] !== expected)
    violations.push(`${id} has lane ${record.lane} but is in ${places[0]}`);
  return violations;
}

/** An account must count as many slots as its records hold. */
async function slotViolations(cell: Cell, records: Record<string, string>[]): Promise<string[]> {
  const held = Map.groupBy(
    records.filter(({ slot }) => slot !== undefined),
    ({ account = "" }) => account,
  );
  const accounts = new Set(records.map(({ account = "" }) => account));
  const counted = (await pipeline(
    cell,
    [...accounts].map((name) => ["hget", cell.keys.account(name), "inFlight"]),
  )) as (string | null)[];
  return [...accounts].flatMap((name, i) => {
    const holds = held.get(name)?.length ?? 0;
    return Number(counted[i] ?? 0) === holds
      ? []
      : [`account ${name} counts ${counted[i]} in flight, but ${holds} records hold a slot`];
  });
}

function danglingMembers(members: Map<string, string[]>, ids: readonly string[]): string[] {
  const known = new Set(ids);
  return [...members]
    .filter(([id]) => !known.has(id))
    .map(([id, keys]) => `${id} has no record but is in ${keys.join(", ")}`);
}

async function lanesOf(cell: Cell): Promise<Map<string, string[]>> {
  const due = await membersOf(cell, "d:*", (name) => !name.startsWith("d:deliver:"));
  const backlog = await membersOf(cell, "b:*");
  for (const [id, keys] of backlog) due.set(id, [...(due.get(id) ?? []), ...keys]);
  return due;
}

async function membersOf(
  cell: Cell,
  pattern: string,
  accepts: (name: string) => boolean = () => true,
): Promise<Map<string, string[]>> {
  const members = new Map<string, string[]>();
  const names = (await keysMatching(cell, pattern)).map((key) => key.slice(cell.prefix.length + 1)).filter(accepts);
  const lists = (await pipeline(
    cell,
    names.map((name) => ["zrange", `${cell.prefix}:${name}`, 0, -1]),
  )) as string[][];
  for (const [i, name] of names.entries())
    for (const id of lists[i] ?? []) members.set(id, [...(members.get(id) ?? []), name]);
  return members;
}

async function keysMatching(cell: Cell, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const scan = ["scan", cursor, "match", `${cell.prefix}:${pattern}`, "count", 1_000];
    const [[next, keys]] = (await pipeline(cell, [scan])) as [[string, string[]]];
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== "0");
  return [...found];
}
