import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

/** An id in an index, with the time of its entry in ms. */
export interface Place {
  id: string;
  score: number;
}

/** The next `count` places after `place` over several indexes, newest first; of the same ms, by id. */
export async function placesAfter(cell: Cell, keys: readonly string[], count: number, place?: Place): Promise<Place[]> {
  const places = await placesFrom(cell, keys, count, place?.score);
  return places.filter((each) => place === undefined || byNewest(place, each) < 0).slice(0, count);
}

/** Up to `count` places from a position on, over several indexes, newest first. */
export async function placesAt(cell: Cell, keys: readonly string[], offset: number, count: number): Promise<Place[]> {
  const start = await seek(cell, keys, offset);
  if (start === undefined) return [];
  const skip = offset - start.newer;
  return (await placesFrom(cell, keys, count, start.score)).slice(skip, skip + count);
}

/** All places of the ms `score`, then at least `count` older ones, where there are as many; newest first. */
async function placesFrom(cell: Cell, keys: readonly string[], count: number, score?: number): Promise<Place[]> {
  const older = score === undefined ? "+inf" : `(${score}`;
  const answers = (await pipeline(cell, [
    ...keys.map((key) => ["zrevrangebyscore", key, older, "-inf", "WITHSCORES", "LIMIT", 0, 1]),
    ...(score === undefined ? [] : keys.map((key) => ["zrevrangebyscore", key, score, score, "WITHSCORES"])),
  ])) as Flat[];
  // an index whose newest place is older than the newest of `count` others adds nothing
  const newest = keys
    .flatMap((key, i) => toPlaces(answers[i]).map((place) => ({ key, place })))
    .sort((a, b) => byNewest(a.place, b.place))
    .slice(0, count);
  const rest = (await pipeline(
    cell,
    newest.map(({ key }) => ["zrevrangebyscore", key, older, "-inf", "WITHSCORES", "LIMIT", 0, count]),
  )) as Flat[];
  return [...answers.slice(keys.length), ...rest].flatMap(toPlaces).sort(byNewest);
}

/** The ms of the place at a position, by bisection, and the number of newer places; `undefined` beyond the end. */
async function seek(
  cell: Cell,
  keys: readonly string[],
  offset: number,
): Promise<{ score: number; newer: number } | undefined> {
  const ends = (await pipeline(
    cell,
    keys.flatMap((key) => [
      ["zrange", key, 0, 0, "WITHSCORES"],
      ["zrevrange", key, 0, 0, "WITHSCORES"],
    ]),
  )) as Flat[];
  const filled = keys.filter((_, i) => toPlaces(ends[2 * i]).length > 0);
  const scores = ends.flatMap(toPlaces).map(({ score }) => score);
  const newerThan = async (score: number): Promise<number> => {
    const counts = await pipeline(
      cell,
      filled.map((key) => ["zcount", key, `(${score}`, "+inf"]),
    );
    return (counts as number[]).reduce((sum, count) => sum + count, 0);
  };
  let [below, found] = [Math.min(...scores) - 1, { score: Math.max(...scores), newer: 0 }];
  if (filled.length === 0 || (await newerThan(below)) <= offset) return undefined;
  while (found.score - below > 1) {
    const score = Math.floor((below + found.score) / 2);
    const newer = await newerThan(score);
    if (newer <= offset) found = { score, newer };
    else below = score;
  }
  return found;
}

/** Members and scores: pairs, or one after the other, as the protocol of Redis has it. */
type Flat = (string | [string, string])[];

function toPlaces(flat: Flat | undefined): Place[] {
  const words = (flat ?? []).flat();
  return Array.from({ length: words.length / 2 }, (_, i) => ({
    id: String(words[2 * i]),
    score: Number(words[2 * i + 1]),
  }));
}

function byNewest(a: Place, b: Place): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.id < b.id ? 1 : Number(a.id !== b.id) * -1;
}
