/** One received request. `status` 0: the connection was reset or never answered. */
export interface LogEntry {
  at: number;
  method: string;
  path: string;
  key: string;
  status: number;
  marker?: string;
  fault?: string;
}

/** The last `limit` requests, and the number of all requests. */
export class RequestLog {
  /** By route, then by status. */
  readonly counts: Record<string, Record<number, number>> = {};
  readonly #last: LogEntry[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(route: string, entry: LogEntry): void {
    if (this.#last.push(entry) > this.#limit) this.#last.shift();
    this.counts[route] ??= {};
    this.counts[route][entry.status] = (this.counts[route][entry.status] ?? 0) + 1;
  }

  /** Newest first. */
  newest(limit: number): LogEntry[] {
    return this.#last.slice(-limit).reverse();
  }
}

/** Shortens a long key, so that logs and the page never show a real one. */
export function maskKey(key: string): string {
  return key.length > 16 ? `${key.slice(0, 3)}…${key.slice(-4)}` : key;
}
