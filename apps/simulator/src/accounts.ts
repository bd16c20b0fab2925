import type { Clock } from "./clock.ts";
import type { Dialect } from "./dialect.ts";
import { Account, windowsOf } from "./limits.ts";
import type { Settings } from "./options.ts";

/** Every key that ever called, each an account of its own. */
export class Accounts {
  readonly #byName = new Map<string, Account>();
  readonly #clock: Clock;
  readonly #limits: Settings["limits"];

  constructor(clock: Clock, limits: Settings["limits"]) {
    this.#clock = clock;
    this.#limits = limits;
  }

  of(dialect: Dialect, key: string): Account {
    const name = `${dialect.name}\u0000${key}`;
    let account = this.#byName.get(name);
    if (!account) {
      const limits = this.#limits === "off" ? {} : { ...dialect.limits, ...this.#limits[dialect.name] };
      const windows = windowsOf(limits, (providerMs) => this.#clock.real(providerMs));
      account = new Account(dialect.name, key, windows, limits.concurrent);
      this.#byName.set(name, account);
    }
    return account;
  }

  all(): Account[] {
    return [...this.#byName.values()];
  }

  clear(): void {
    this.#byName.clear();
  }
}
