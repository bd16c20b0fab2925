/** Detects a process that runs but makes no progress. */
export interface Watchdog extends Disposable {
  /** Reports progress. */
  beat(): void;
  /** False after `limitMs` without a beat; true again with the next beat. */
  ok(): boolean;
  /** Time since the last beat. */
  silentMs(): number;
}

export interface WatchdogOptions {
  /** Time without a beat after which `ok` is false. */
  limitMs?: number;
  /** Further time without a beat until `onExpired` is called, so that probes see the red first. */
  exitAfterMs?: number;
  /** Called once; ends the process so that a supervisor restarts it. */
  onExpired(silentMs: number): void;
}

/** A watchdog that starts now. */
export function createWatchdog({ limitMs = 60_000, exitAfterMs = 30_000, onExpired }: WatchdogOptions): Watchdog {
  let beatAtMs = performance.now();
  let red = false;
  let exit: NodeJS.Timeout | undefined;
  const silentMs = () => Math.round(performance.now() - beatAtMs);
  // two timers in sequence: a process that was frozen can beat before it is ended
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
