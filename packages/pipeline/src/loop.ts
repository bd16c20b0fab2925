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
