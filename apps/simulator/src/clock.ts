const longestTimerMs = 2_147_483_647;

/** Provider time: durations pass `factor` times faster than real time; timestamps are real. */
export class Clock {
  readonly factor: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(factor: number) {
    this.factor = factor;
  }

  /** Converts a duration in provider time to real milliseconds. */
  real(providerMs: number): number {
    return providerMs / this.factor;
  }

  /** Runs `action` once after `providerMs` of provider time, unless stopped. */
  after(providerMs: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        action();
      },
      Math.min(this.real(providerMs), longestTimerMs),
    );
    this.#timers.add(timer);
    return timer;
  }

  /** Runs `action` once at `realMs`, or immediately if that time has passed. */
  at(realMs: number, action: () => void): NodeJS.Timeout {
    return this.after(Math.max(0, realMs - Date.now()) * this.factor, action);
  }

  stop(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  /** Cancels every pending action. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** The value of a `Retry-After` header: whole seconds, rounded up, at least one. */
export function retryAfterSeconds(realMs: number): number {
  return Math.max(1, Math.ceil(realMs / 1_000));
}
