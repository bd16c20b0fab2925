import { once } from "node:events";

/** A launcher and the terminal may both deliver one keystroke. */
const oneKeystrokeMs = 500;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Listens for Ctrl-C and its kin: the first asks to stop, the second insists. */
export class Interrupts {
  readonly #first = new AbortController();
  #firstAtMs = 0;
  #second: () => void = () => {};

  constructor() {
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** Aborted by the first one. */
  get first(): AbortSignal {
    return this.#first.signal;
  }

  /** Resolves with the first one. */
  async interrupted(): Promise<void> {
    if (!this.first.aborted) await once(this.first, "abort");
  }

  /** What the second one does. */
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
    } else if (performance.now() - this.#firstAtMs > oneKeystrokeMs) {
      this.#second();
    }
  };
}
