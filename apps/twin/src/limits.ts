/** What is left of a key's allowance, as rate headers tell it. */
export interface Room {
  granted: boolean;
  limit: number;
  remaining: number;
  /** Real time at which the next request becomes possible again, or the whole allowance where there is still some. */
  freeAtMs: number;
}

/** At most `limit` requests in any span of `spanMs`, wherever the span begins. */
export class RequestWindow {
  readonly #times: Float64Array;
  readonly #spanMs: number;
  #oldest = 0;
  #size = 0;

  constructor(limit: number, spanMs: number) {
    this.#times = new Float64Array(limit);
    this.#spanMs = spanMs;
  }

  /** Counts one request, unless there is no room for it. */
  take(nowMs: number): Room {
    const limit = this.#times.length;
    this.#forget(nowMs - this.#spanMs);
    const granted = this.#size < limit;
    if (granted) {
      this.#times[(this.#oldest + this.#size) % limit] = nowMs;
      this.#size += 1;
    }
    return { granted, limit, remaining: limit - this.#size, freeAtMs: (this.#times[this.#oldest] ?? 0) + this.#spanMs };
  }

  /** Requests counted in the span that ended with the last `take`. */
  get size(): number {
    return this.#size;
  }

  #forget(beforeMs: number): void {
    while (this.#size > 0 && (this.#times[this.#oldest] ?? 0) <= beforeMs) {
      this.#oldest = (this.#oldest + 1) % this.#times.length;
      this.#size -= 1;
    }
  }
}

/** One key at one provider: what it may do, what it does now, and the most it ever did at once. */
export class Account {
  readonly dialect: string;
  readonly key: string;
  readonly concurrent: number;
  readonly #window: RequestWindow | undefined;
  running = 0;
  peakRunning = 0;
  requests = 0;
  refusedRequests = 0;
  refusedTasks = 0;
  peakRequestsInWindow = 0;

  constructor(dialect: string, key: string, limits: AccountLimits) {
    this.dialect = dialect;
    this.key = key;
    this.concurrent = limits.concurrent;
    this.#window = limits.requests === undefined ? undefined : new RequestWindow(limits.requests, limits.spanMs);
  }

  /** Counts one request; undefined where there is no limit. */
  request(nowMs: number): Room | undefined {
    this.requests += 1;
    if (!this.#window) return undefined;
    const room = this.#window.take(nowMs);
    if (!room.granted) this.refusedRequests += 1;
    this.peakRequestsInWindow = Math.max(this.peakRequestsInWindow, this.#window.size);
    return room;
  }

  start(): void {
    this.running += 1;
    this.peakRunning = Math.max(this.peakRunning, this.running);
  }

  end(): void {
    this.running -= 1;
  }
}

export interface AccountLimits {
  /** Requests in one span; undefined: no limit. */
  requests: number | undefined;
  spanMs: number;
  /** Tasks in flight; `Infinity`: no limit. */
  concurrent: number;
}
