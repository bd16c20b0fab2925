import { z } from "zod";
import type { Clock } from "./clock.ts";

/** The state of a rate window, as rate-limit headers report it. */
export interface Quota {
  granted: boolean;
  limit: number;
  remaining: number;
  /** Real time at which the oldest counted request leaves the window. */
  freeAtMs: number;
}

/** The rate-limit category of a request; vendors count categories together, separately, or not at all. */
export type RequestKind = "submit" | "query" | "other";

const perMinute = z.int().min(1).max(1_000_000).optional();

/** Limits for one key; an absent limit does not apply. */
export const limitsSchema = z.strictObject({
  /** Requests of every kind per minute of provider time. */
  requestsPerMinute: perMinute,
  /** Creates only, for vendors that count them separately. */
  submitsPerMinute: perMinute,
  /** Status reads and lists only. */
  queriesPerMinute: perMinute,
  /** Tasks in flight; one more is refused. */
  concurrent: z.int().positive().optional(),
});

/** A vendor's own limits. */
export interface Limits extends z.output<typeof limitsSchema> {
  /** A second, shorter window with the same rate as the limits above. */
  burstMs?: number;
}

/** A sliding window: at most `limit` requests in any span of `spanMs`. */
export class RequestWindow {
  readonly #times: Float64Array;
  readonly #spanMs: number;
  #oldest = 0;
  #size = 0;

  constructor(limit: number, spanMs: number) {
    this.#times = new Float64Array(limit);
    this.#spanMs = spanMs;
  }

  /** Counts one request if the window has capacity. */
  take(nowMs: number): Quota {
    const limit = this.#times.length;
    const granted = this.hasCapacity(nowMs);
    if (granted) {
      this.#times[(this.#oldest + this.#size) % limit] = nowMs;
      this.#size += 1;
    }
    return { granted, limit, remaining: limit - this.#size, freeAtMs: (this.#times[this.#oldest] ?? 0) + this.#spanMs };
  }

  hasCapacity(nowMs: number): boolean {
    this.#dropUntil(nowMs - this.#spanMs);
    return this.#size < this.#times.length;
  }

  get limit(): number {
    return this.#times.length;
  }

  /** Requests in the window as of the last call of `take` or `hasCapacity`. */
  get size(): number {
    return this.#size;
  }

  #dropUntil(ms: number): void {
    while (this.#size > 0 && (this.#times[this.#oldest] ?? 0) <= ms) {
      this.#oldest = (this.#oldest + 1) % this.#times.length;
      this.#size -= 1;
    }
  }
}

/** The windows that a request of each kind must pass. Rate-limit headers report the first one. */
export type Windows = Record<RequestKind, readonly RequestWindow[]>;

export function windowsOf(limits: Limits, clock: Clock): Windows {
  const of = (perMinute: number | undefined): RequestWindow[] => {
    if (perMinute === undefined) return [];
    const { burstMs } = limits;
    const minute = new RequestWindow(perMinute, clock.real(minuteMs));
    if (burstMs === undefined) return [minute];
    return [minute, new RequestWindow(Math.ceil((perMinute * burstMs) / minuteMs), clock.real(burstMs))];
  };
  const all = of(limits.requestsPerMinute);
  return {
    submit: [...all, ...of(limits.submitsPerMinute)],
    query: [...all, ...of(limits.queriesPerMinute)],
    other: all,
  };
}

const minuteMs = 60_000;
