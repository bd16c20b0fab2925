import type { Cell } from "../cell.ts";
import { gather } from "../redis/gather.ts";
import { pipeline } from "../redis/run.ts";

const samplesPerClass = 64;

export interface RunTime {
  class: string;
  /** In the provider's ms. */
  ms: number;
}

/** Stores the run time of a task; each class keeps its last 64, newest first. */
export const recordRunTime = gather<RunTime, void>({ maxBatchSize: 500, waitMs: 10 }, async (cell, runs) => {
  const byClass = Map.groupBy(runs, (run) => run.class);
  await pipeline(
    cell,
    [...byClass].flatMap(([name, list]) => [
      ["lpush", cell.keys.runTimes(name), ...list.map(({ ms }) => Math.round(ms))],
      ["ltrim", cell.keys.runTimes(name), 0, samplesPerClass - 1],
    ]),
  );
  return runs.map(() => undefined);
});

/** Run times of the last tasks of each class, newest first, in the provider's ms. */
export async function readRunTimes(cell: Cell, classes: readonly string[]): Promise<number[][]> {
  const lists = (await pipeline(
    cell,
    classes.map((name) => ["lrange", cell.keys.runTimes(name), 0, -1]),
  )) as string[][];
  return lists.map((list) => list.map(Number));
}
