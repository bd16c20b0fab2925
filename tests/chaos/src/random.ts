import { seededNumbers } from "@reelqueue/testing";

export type SeededRandom = ReturnType<typeof seededRandom>;

/** Random numbers that depend on the seed and the name alone. */
export function seededRandom(seed: number, name: string) {
  const add = (hash: number, letter: string) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619);
  const next = seededNumbers([...name].reduce(add, seed ^ 2_166_136_261));
  /** An integer from `low` to `high`, both included. */
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    pick: <T>(items: readonly T[]): T => {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    shuffled: <T>(items: readonly T[]): T[] =>
      items
        .map((item) => ({ item, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ item }) => item),
    happens: (share: number): boolean => next() < share,
  };
}
