/** Collects items for a moment and writes them together; `add` resolves when its item is written. */
export interface Batcher<Item> {
  add(item: Item): Promise<void>;
  /** Resolves when nothing is waiting to be written. */
  drained(): Promise<void>;
}

export function batcher<Item>(write: (items: Item[]) => Promise<void>, withinMs: number): Batcher<Item> {
  let waiting: Item[] = [];
  let next: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, withinMs));
    const items = waiting;
    waiting = [];
    next = undefined;
    await write(items);
  };
  return {
    add: (item) => {
      waiting.push(item);
      next ??= flush();
      return next;
    },
    drained: async () => {
      while (next) await next.catch(() => {});
    },
  };
}
