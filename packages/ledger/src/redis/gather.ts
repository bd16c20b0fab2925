import DataLoader from "dataloader";
import type { Cell } from "../cell.ts";

/** What one key of a gathered call may come to: its value, or the fault that is its alone. */
export type ValueOrError<Value> = Value | Error;

/** `atOnce`: calls in one round trip at most. `windowMs`: how long a call waits for others; left out: for the rest of this turn of the event loop. */
export interface GatherOptions {
  maxBatchSize: number;
  waitMs?: number;
}

/**
 * Turns a call for many into calls for one that share round trips.
 * (Measured: a write to a socket costs more than the work behind it.)
 */
export function gather<Key, Value>(
  { maxBatchSize, waitMs }: GatherOptions,
  callBatch: (cell: Cell, keys: readonly Key[]) => Promise<ValueOrError<Value>[]>,
): (cell: Cell, key: Key) => Promise<Value> {
  const loaders = new WeakMap<Cell, DataLoader<Key, Value>>();
  const loaderOf = (cell: Cell) => {
    const loader = new DataLoader<Key, Value>((keys) => callBatch(cell, keys), {
      cache: false,
      maxBatchSize: maxBatchSize,
      batchScheduleFn: waitMs === undefined ? setImmediate : (send) => setTimeout(send, waitMs),
    });
    loaders.set(cell, loader);
    return loader;
  };
  return (cell, key) => (loaders.get(cell) ?? loaderOf(cell)).load(key);
}
