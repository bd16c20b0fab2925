import DataLoader from "dataloader";
import type { Cell } from "../cell.ts";

/** Result of one call in a batch: its value, or its own error. */
export type ValueOrError<Value> = Value | Error;

/**
 * `maxBatchSize`: calls per round trip. `waitMs`: how long a call waits for others; default: the current turn of the
 * event loop.
 */
export interface GatherOptions {
  maxBatchSize: number;
  waitMs?: number;
}

/** Batches single calls into round trips: a write to a socket costs more than the command. */
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
