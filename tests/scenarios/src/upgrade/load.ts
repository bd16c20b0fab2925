import { readFileSync } from "node:fs";
import type { Connection } from "@reelqueue/ledger";

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
const placeholders = { simulator: "http://twin.example", receiver: "http://receiver.example" };

/** Reads the keys of a dump, with these URLs in it, and the time at which it was made. */
export function readDump(path: string, { simulator, receiver } = placeholders): { madeAt: number; keys: Key[] } {
  const dump = readFileSync(path, "utf8").replaceAll(placeholders.simulator, simulator);
  const [first = "", ...lines] = dump.replaceAll(placeholders.receiver, receiver).trimEnd().split("\n");
  const { madeAt } = JSON.parse(first) as { madeAt: number };
  return { madeAt, keys: lines.map((line) => JSON.parse(line) as Key) };
}

/** Writes the keys of a dump into an empty Redis and shifts every time in them by the age of the dump. */
export async function loadDump(redis: Connection, { madeAt, keys }: ReturnType<typeof readDump>): Promise<void> {
  const passed = passedSince(madeAt);
  for (const key of keys) await writeKey(redis, shifted(key, passed));
}

async function writeKey(redis: Connection, { key, ttlMs, ...stored }: Key): Promise<void> {
  switch (stored.type) {
    case "string":
      await redis.set(key, stored.value);
      break;
    case "list":
      await redis.rpush(key, ...stored.value);
      break;
    case "set":
      await redis.sadd(key, ...stored.value);
      break;
    case "hash":
      await redis.hset(key, stored.value);
      break;
    case "zset":
      await redis.zadd(key, ...stored.value.flatMap(([member, score]) => [score, member]));
      break;
    case "stream":
      for (const [id, fields] of stored.value) await redis.xadd(key, id, ...fields);
      break;
  }
  if (ttlMs !== undefined) await redis.pexpire(key, ttlMs);
}

interface Passed {
  ms: number;
  /** UTC days. */
  days: number;
}

const dayMs = 86_400_000;
function passedSince(madeAt: number): Passed {
  const now = Date.now();
  return { ms: now - madeAt, days: Math.floor(now / dayMs) - Math.floor(madeAt / dayMs) };
}

/**
 * Fields with times, by the kind of key (`g` of `{reel}:g:<id>`). Other keys hold none, or only durations: a timeline
 * counts from `born`. BullMQ's keys are not shifted: their delays are then over, and the ledger decides what their jobs
 * do.
 */
const times = {
  scores: ["d", "dl", "es", "s", "x", "endpoints", "unowned"],
  lists: ["orphans"],
  fields: {
    g: ["at", "born", "expires", "silentAt", "misses", "crashes", "remote"],
    a: ["until", "looksUntil", "tokensAt", "looksAt"],
    e: ["born"],
  } as Record<string, string[]>,
  /** Numbers of days. */
  days: { g: ["day"], a: ["doubt"] } as Record<string, string[]>,
};

function shifted(key: Key, passed: Passed): Key {
  const kind = key.key.split(":")[1] ?? "";
  if (key.type === "zset" && times.scores.includes(kind))
    return { ...key, value: key.value.map(([member, score]): [string, string] => [member, later(score, passed)]) };
  if (key.type === "list" && times.lists.includes(kind))
    return { ...key, value: key.value.map((item) => later(item, passed)) };
  if (key.type !== "hash") return key;
  const fields = Object.entries(key.value).map(([name, text]) => {
    if (times.fields[kind]?.includes(name)) return [name, later(text, passed)];
    if (times.days[kind]?.includes(name)) return [name, text.replace(/^\d+/, (day) => dayLater(day, passed))];
    return [kind === "a" ? name.replace(/(?<=^spent:)\d+/, (day) => dayLater(day, passed)) : name, text];
  });
  return { ...key, value: Object.fromEntries(fields) as Record<string, string> };
}

/** Shifts a whole text, a time behind `@`, or a JSON value; never a part of a URL, which may be signed. */
function later(text: string, { ms }: Passed): string {
  return text.replace(/(?<=^|@|":"?)1\d{12}/g, (time) => String(Number(time) + ms));
}

function dayLater(day: string, { days }: Passed): string {
  return String(Number(day) + days);
}
