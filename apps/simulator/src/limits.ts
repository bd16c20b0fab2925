/** What is left of a key's allowance, as rate headers tell it. */
export interface Room {
  granted: boolean;
  limit: number;
  remaining: number;
  /** Real time at which the next request becomes possible again, or the whole allowance where there is still some. */
  freeAtMs: number;
}

/** What a request is for; vendors count their kinds together, apart, or not at all. */
export type Use = "submit" | "query" | "nothing";

/** What a vendor lets one key do; what is left out is not limited. */
export interface Limits {
  /** Requests of every kind. */
  requestsPerMinute?: number | undefined;
  submitsPerMinute?: number | undefined;
  queriesPerMinute?: number | undefined;
  /** In any span this long, no more than its share of the two above. */
  burstMs?: number | undefined;
  /** Tasks in flight. */
  concurrent?: number | undefined;
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
    const granted = this.hasRoom(nowMs);
    if (granted) {
      this.#times[(this.#oldest + this.#size) % limit] = nowMs;
      this.#size += 1;
    }
    return { granted, limit, remaining: limit - this.#size, freeAtMs: (this.#times[this.#oldest] ?? 0) + this.#spanMs };
  }

  hasRoom(nowMs: number): boolean {
    this.#forget(nowMs - this.#spanMs);
    return this.#size < this.#times.length;
  }

  get limit(): number {
    return this.#times.length;
  }

  /** Requests counted in the span that ended when it was last asked. */
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

/** The windows that a request must pass, by what it is for. The first of each is the one that rate headers tell of. */
export type Windows = Record<Use, readonly RequestWindow[]>;

/** `real` turns the provider's time into ours. */
export function windowsOf(limits: Limits, real: (providerMs: number) => number): Windows {
  const of = (perMinute: number | undefined): RequestWindow[] => {
    if (perMinute === undefined) return [];
    const { burstMs } = limits;
    const minute = new RequestWindow(perMinute, real(minuteMs));
    if (burstMs === undefined) return [minute];
    return [minute, new RequestWindow(Math.ceil((perMinute * burstMs) / minuteMs), real(burstMs))];
  };
  const all = of(limits.requestsPerMinute);
  return {
    submit: [...all, ...of(limits.submitsPerMinute)],
    query: [...all, ...of(limits.queriesPerMinute)],
    nothing: all,
  };
}

const minuteMs = 60_000;

/** One key at one provider: what it may do, what it does now, and the most it ever did at once. */
export class Account {
  readonly dialect: string;
  readonly key: string;
  readonly concurrent: number;
  readonly #windows: Windows;
  running = 0;
  peakRunning = 0;
  requests = 0;
  refusedRequests = 0;
  refusedTasks = 0;
  peakRequestsInWindow = 0;

  constructor(dialect: string, key: string, windows: Windows, concurrent = Number.POSITIVE_INFINITY) {
    this.dialect = dialect;
    this.key = key;
    this.concurrent = concurrent;
    this.#windows = windows;
  }

  /** Counts one request; undefined where there is no limit. */
  request(nowMs: number, use: Use): Room | undefined {
    this.requests += 1;
    const windows = this.#windows[use];
    const [told] = windows;
    if (!told) return undefined;
    const full = windows.find((window) => !window.hasRoom(nowMs));
    if (full) {
      this.refusedRequests += 1;
      return { ...full.take(nowMs), limit: told.limit };
    }
    const [room] = windows.map((window) => window.take(nowMs));
    this.peakRequestsInWindow = Math.max(this.peakRequestsInWindow, told.size);
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
