const longestTimerMs = 2_147_483_647;

/** The provider's time: durations run `factor` times faster, while every timestamp stays the real one. */
export class Clock {
  readonly factor: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(factor: number) {
    this.factor = factor;
  }

  now(): number {
    return Date.now();
  }

  /** Real milliseconds that a provider's duration takes here. */
  real(providerMs: number): number {
    return providerMs / this.factor;
  }

  /** Runs `action` once after that much of the provider's time, unless it is stopped before. */
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

  /** Runs `action` once at that real time, or soon where it is over. */
  at(realMs: number, action: () => void): NodeJS.Timeout {
    return this.after(Math.max(0, realMs - this.now()) * this.factor, action);
  }

  stop(timer: NodeJS.Timeout | undefined): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  /** Forgets everything that was to happen. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Whole seconds to wait as a `Retry-After` header says them: never fewer than are needed, at least one. */
export function retryAfterSeconds(realMs: number): number {
  return Math.max(1, Math.ceil(realMs / 1_000));
}
