type Value =
  | { type: "string"; value: string }
  | { type: "list" | "set"; value: string[] }
  | { type: "hash"; value: Record<string, string> }
  /** Members with their scores. */
  | { type: "zset"; value: [string, string][] }
  /** Ids with their fields. */
  | { type: "stream"; value: [string, string[]][] };

/** One key of Redis as it lies in a dump. */
export type Key = Value & { key: string; ttlMs?: number };

/** A dump names these in place of the addresses that were in use when it was made, in the words of e2422ca. */
export const placeholders = { simulator: "http://twin.example", receiver: "http://receiver.example" };
export type Origins = Record<keyof typeof placeholders, string>;

export function swapped(text: string, from: Origins, to: Origins): string {
  return text.replaceAll(from.simulator, to.simulator).replaceAll(from.receiver, to.receiver);
}
