import { LRUCache } from "lru-cache";

/** The value of the key; a new one from `make` if there is none yet. */
export function findOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

/** Keeps the `most` entries that were used last. It grows with use: `max` of lru-cache allocates room for all at once. */
export function lastUsed<Value extends {}, Context = unknown>(
  most: number,
  options: Partial<LRUCache.OptionsBase<string, Value, Context>> = {},
): LRUCache<string, Value, Context> {
  return new LRUCache({ ...options, maxSize: most, sizeCalculation: () => 1 });
}
