import type { Clock } from "./clock.ts";
import type { Dialect } from "./dialect.ts";
import { Account } from "./limits.ts";
import type { Settings } from "./options.ts";

const minuteMs = 60_000;

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
      account = new Account(dialect.name, key, this.#limitsOf(dialect));
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

  #limitsOf(dialect: Dialect) {
    const spanMs = this.#clock.real(minuteMs);
    if (this.#limits === "off") return { requests: undefined, spanMs, concurrent: Number.POSITIVE_INFINITY };
    const own = { ...dialect.limits, ...this.#limits[dialect.name] };
    return { requests: own.requestsPerMinute, spanMs, concurrent: own.concurrent ?? Number.POSITIVE_INFINITY };
  }
}
