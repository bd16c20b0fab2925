/** Work of a loop that goes on while the loop turns. */
export interface UnderWay {
  count(): number;
  add(work: Promise<void>, failed: (error: unknown) => void): void;
  /** Resolves when all of it has ended. */
  ended(): Promise<unknown>;
}

/** `freed` is called whenever a piece of it has ended, well or badly. */
export function trackUnderWay(freed: () => void): UnderWay {
  const pieces = new Set<Promise<void>>();
  return {
    count: () => pieces.size,
    add: (work, failed) => {
      const piece = work.catch(failed).finally(() => {
        pieces.delete(piece);
        freed();
      });
      pieces.add(piece);
    },
    ended: () => Promise.all(pieces),
  };
}
