import type { Clock } from "./clock.ts";
import { type Limits, type Quota, type RequestKind, type Windows, windowsOf } from "./limits.ts";
import { findOrAdd } from "./maps.ts";

/** One key at one vendor: its rate windows, its tasks in flight and the highest counts so far. */
export class Account {
  readonly vendor: string;
  readonly key: string;
  readonly concurrent: number;
  readonly #windows: Windows;
  running = 0;
  peakRunning = 0;
  requests = 0;
  refusedRequests = 0;
  refusedTasks = 0;
  peakRequestsInWindow = 0;

  constructor(vendor: string, key: string, windows: Windows, concurrent = Number.POSITIVE_INFINITY) {
    this.vendor = vendor;
    this.key = key;
    this.concurrent = concurrent;
    this.#windows = windows;
  }

  /** Counts one request; undefined if this kind of request has no limit. */
  request(nowMs: number, kind: RequestKind): Quota | undefined {
    this.requests += 1;
    const windows = this.#windows[kind];
    const [reported] = windows;
    if (!reported) return undefined;
    const full = windows.find((window) => !window.hasCapacity(nowMs));
    if (full) {
      this.refusedRequests += 1;
      return { ...full.take(nowMs), limit: reported.limit };
    }
    const [quota] = windows.map((window) => window.take(nowMs));
    this.peakRequestsInWindow = Math.max(this.peakRequestsInWindow, reported.size);
    return quota;
  }

  start(): void {
    this.running += 1;
    this.peakRunning = Math.max(this.peakRunning, this.running);
  }

  end(): void {
    this.running -= 1;
  }
}

/** A name of the account's own, in one map of the names of all accounts. */
export function nameWithin({ vendor, key }: Account, name: string): string {
  return `${vendor}\u0000${key}\u0000${name}`;
}

/** One account per vendor and key, created on the first call. */
export class Accounts {
  readonly #byName = new Map<string, Account>();
  readonly #clock: Clock;
  readonly #limits: "off" | Readonly<Record<string, Limits>>;

  constructor(clock: Clock, limits: "off" | Readonly<Record<string, Limits>>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  of(vendor: { name: string; limits: Limits }, key: string): Account {
    return findOrAdd(this.#byName, `${vendor.name}\u0000${key}`, () => {
      const limits = this.#limits === "off" ? {} : { ...vendor.limits, ...this.#limits[vendor.name] };
      const windows = windowsOf(limits, (providerMs) => this.#clock.real(providerMs));
      return new Account(vendor.name, key, windows, limits.concurrent);
    });
  }

  all(): Account[] {
    return [...this.#byName.values()];
  }
}
