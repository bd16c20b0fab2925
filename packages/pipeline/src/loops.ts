export interface Loop {
  /** Turn now rather than at the next timer; during a turn, once more after it. */
  wake(): void;
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>;
}

/** Turns again and again until stopped. A turn says how long to sleep after it; a turn that fails is reported and follows again in a second. */
export function startLoop(turn: () => Promise<number>, failed: (error: unknown) => void): Loop {
  let stopped = false;
  let woken = Promise.withResolvers<void>();
  const turnOnce = async (): Promise<number> => {
    try {
      return await turn();
    } catch (error) {
      failed(error);
      return 1_000;
    }
  };
  const running = (async () => {
    while (!stopped) {
      const sleepMs = await turnOnce();
      const timer = setTimeout(woken.resolve, Math.max(1, sleepMs));
      await woken.promise;
      clearTimeout(timer);
      woken = Promise.withResolvers<void>();
    }
  })();
  return {
    wake: () => woken.resolve(),
    stop: async () => {
      stopped = true;
      woken.resolve();
      await running;
    },
  };
}

/** Work of a loop that goes on while the loop turns. */
export interface InFlight {
  count(): number;
  add(work: Promise<void>, failed: (error: unknown) => void): void;
  /** Resolves when all of it has ended. */
  ended(): Promise<unknown>;
}

/** `freed` is called whenever a piece of it has ended, well or badly. */
export function trackInFlight(freed: () => void): InFlight {
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
