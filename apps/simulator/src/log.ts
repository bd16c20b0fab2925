import { findOrAdd } from "./maps.ts";

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

/** The last `limit` requests, and the number of all requests per route and status. */
export class RequestLog {
  readonly #ring: LogEntry[] = [];
  readonly #limit: number;
  #next = 0;
  readonly #counts = new Map<string, Map<number, number>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(route: string, entry: LogEntry): void {
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#limit;
    const statuses = findOrAdd(this.#counts, route, () => new Map<number, number>());
    statuses.set(entry.status, (statuses.get(entry.status) ?? 0) + 1);
  }

  /** Newest first. */
  newest(limit: number): LogEntry[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse().slice(0, limit);
  }

  /** By route, then by status. */
  counts(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([route, statuses]) => [route, Object.fromEntries(statuses)]));
  }
}

/** Shortens a long key, so that logs and the page never show a real one. */
export function maskKey(key: string): string {
  return key.length > 16 ? `${key.slice(0, 3)}…${key.slice(-4)}` : key;
}
