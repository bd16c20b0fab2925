import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { median } from "../rig/runs.ts";

export const passingAccount = "passing";
const stages = {
  granted: "a slot",
  submitting: "a POST under way",
  poll: "a task",
  finalize: "a video being kept",
} as const;

/** The generations of the second account by lane at the kill. */
export type Positions = Map<keyof typeof stages, string[]>;

export async function readPositions({ redis, keys }: ledger.Cell): Promise<Positions> {
  const found: Positions = new Map();
  for (const lane of Object.keys(stages) as (keyof typeof stages)[])
    found.set(lane, await redis.zrange(keys.due(lane, passingAccount), 0, "-1"));
  return found;
}

/** Waits until all passing generations are stored. */
export async function stored(cell: ledger.Cell, count: number): Promise<number> {
  await eventually(async () => (await ledger.counts(cell)).succeeded === count, {
    describe: `${count} generations of the other account are stored`,
    timeoutMs: 240_000,
    everyMs: 200,
  });
  return Date.now();
}

/** For each lane: the number of generations, and when half of them and all of them had changed state. */
export async function wentOn(cell: ledger.Cell, before: Positions, sinceMs: number): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [lane, ids] of before) {
    const found = await ledger.readMany(cell, ids);
    const times = found.map((each) => (each === undefined ? Number.NaN : firstMoveAfter(each.record, sinceMs)));
    figures[`passing through, had ${stages[lane]}`] = ids.length;
    figures[`half of these had gone on (${lane}), ms`] = median(times) - sinceMs;
    figures[`the last of these went on (${lane}), ms`] = Math.max(...times) - sinceMs;
  }
  return figures;
}

function firstMoveAfter(record: ledger.GenerationRecord, sinceMs: number): number {
  const times = ledger.timelineOf(record).map(({ at }) => Date.parse(at));
  return times.find((at) => at >= sinceMs) ?? Number.NaN;
}
