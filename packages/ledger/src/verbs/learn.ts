import { type Cell, pipeline } from "../cell.ts";

const kept = 64;

/** Keeps how long tasks of a class ran (provider's ms), newest first, the last 64. */
export async function learn(cell: Cell, runs: readonly { class: string; ms: number }[]): Promise<void> {
  const byClass = Map.groupBy(runs, (run) => run.class);
  await pipeline(
    cell,
    [...byClass].flatMap(([name, list]) => [
      ["lpush", cell.keys.learned(name), ...list.map(({ ms }) => Math.round(ms))],
      ["ltrim", cell.keys.learned(name), 0, kept - 1],
    ]),
  );
}

/** How long the last tasks of each class ran, in the provider's ms. */
export async function learned(cell: Cell, classes: readonly string[]): Promise<number[][]> {
  const lists = (await pipeline(
    cell,
    classes.map((name) => ["lrange", cell.keys.learned(name), 0, -1]),
  )) as string[][];
  return lists.map((list) => list.map(Number));
}
