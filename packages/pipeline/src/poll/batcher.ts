/** Collects items for a moment and writes them together. */
export interface Batcher<Item> {
  /** Resolves when the item is written. `urgent`: all that was collected is written now. */
  add(item: Item, options?: { urgent?: boolean }): Promise<void>;
}

export function batcher<Item>(write: (items: Item[]) => Promise<void>, withinMs: number): Batcher<Item> {
  let open: { items: Item[]; close: () => void; written: Promise<void> } | undefined;
  const begin = () => {
    const items: Item[] = [];
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const timer = setTimeout(close, withinMs);
    const written = closed.then(() => {
      clearTimeout(timer);
      open = undefined;
      return write(items);
    });
    return { items, close, written };
  };
  return {
    add: (item, { urgent = false } = {}) => {
      open ??= begin();
      const { items, close, written } = open;
      items.push(item);
      if (urgent) close();
      return written;
    },
  };
}
