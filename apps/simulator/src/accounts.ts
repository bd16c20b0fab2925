import type { Clock } from "./clock.ts";
import { type Limits, type Quota, type RequestKind, type Windows, windowsOf } from "./limits.ts";

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

  constructor(vendor: string, key: string, limits: Limits, clock: Clock) {
    this.vendor = vendor;
    this.key = key;
    this.concurrent = limits.concurrent ?? Number.POSITIVE_INFINITY;
    this.#windows = windowsOf(limits, clock);
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
