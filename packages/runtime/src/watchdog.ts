/** Knows whether a process makes progress, not merely whether it lives. */
export interface Watchdog extends Disposable {
  /** Call it for every turn that proves progress. */
  beat(): void;
  /** False once nothing has beaten for longer than the limit; true again with the next beat. */
  ok(): boolean;
  /** Time since the last beat. */
  silentMs(): number;
}

export interface WatchdogOptions {
  /** Silence after which health turns red. */
  limitMs?: number;
  /** How much longer it may stay silent before `onExpired` is called, so that probes and logs see the red first. */
  exitAfterMs?: number;
  /** Called once, to end the process for a restart. */
  onExpired(silentMs: number): void;
}

/** A watchdog that counts from now. */
export function createWatchdog({ limitMs = 60_000, exitAfterMs = 30_000, onExpired }: WatchdogOptions): Watchdog {
  let beatAtMs = performance.now();
  let red = false;
  let exit: NodeJS.Timeout | undefined;
  const silentMs = () => Math.round(performance.now() - beatAtMs);
  // two timers in turn: a process that was frozen gets its chance to beat before it is ended
  const silence = setTimeout(() => {
    red = true;
    exit = setTimeout(() => onExpired(silentMs()), exitAfterMs).unref();
  }, limitMs).unref();

  return {
    beat() {
      beatAtMs = performance.now();
      red = false;
      clearTimeout(exit);
      silence.refresh();
    },
    ok: () => !red,
    silentMs,
    [Symbol.dispose]() {
      clearTimeout(silence);
      clearTimeout(exit);
    },
  };
}
