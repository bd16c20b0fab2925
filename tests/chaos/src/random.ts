import { seededNumbers } from "@reelqueue/testing";

/** Random numbers that depend on the seed and the name alone. */
export interface SeededRandom {
  /** From 0 to below 1. */
  next(): number;
  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
  happens(share: number): boolean;
}

export function seededRandom(seed: number, name: string): SeededRandom {
  const add = (hash: number, letter: string) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619);
  const next = seededNumbers([...name].reduce(add, seed ^ 2_166_136_261));
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: (items) => {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    shuffled: (items) =>
      items
        .map((item) => ({ item, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ item }) => item),
    happens: (share) => next() < share,
  };
}
