import { once } from "node:events";

/** One keystroke may arrive twice: from the terminal and from a launcher. */
const debounceMs = 500;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Handles SIGINT, SIGTERM and SIGHUP: the first aborts `first`, the second runs the action of `onSecond`. */
export class Interrupts {
  readonly #first = new AbortController();
  #firstAtMs = 0;
  #second: () => void = () => {};

  constructor() {
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** Aborted by the first signal. */
  get first(): AbortSignal {
    return this.#first.signal;
  }

  /** Resolves at the first signal. */
  async interrupted(): Promise<void> {
    if (!this.first.aborted) await once(this.first, "abort");
  }

  /** Sets the action of the second signal. */
  onSecond(action: () => void): void {
    this.#second = action;
  }

  stopListening(): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = () => {
    if (!this.first.aborted) {
      this.#firstAtMs = performance.now();
      this.#first.abort();
    } else if (performance.now() - this.#firstAtMs > debounceMs) {
      this.#second();
    }
  };
}
