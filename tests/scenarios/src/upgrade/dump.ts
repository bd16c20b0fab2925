type Value =
  | { type: "string"; value: string }
  | { type: "list" | "set"; value: string[] }
  | { type: "hash"; value: Record<string, string> }
  /** Members with their scores. */
  | { type: "zset"; value: [string, string][] }
  /** Ids with their fields. */
  | { type: "stream"; value: [string, string[]][] };

/** One key of Redis in a dump. */
export type Key = Value & { key: string; ttlMs?: number };

/** Placeholders in a dump for the URLs in use when it was made, with the names of e2422ca. */
export const placeholders = { simulator: "http://twin.example", receiver: "http://receiver.example" };
export type Origins = Record<keyof typeof placeholders, string>;

export function swapped(text: string, from: Origins, to: Origins): string {
  return text.replaceAll(from.simulator, to.simulator).replaceAll(from.receiver, to.receiver);
}
