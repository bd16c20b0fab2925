import { writeFileSync } from "node:fs";
import type { Connection } from "@reelqueue/ledger";
import { type Key, type Origins, placeholders, swapped } from "../src/upgrade/dump.ts";

type DumpValue = Omit<Key, "key" | "ttlMs">;

/** Writes every key, the first line says when. What a script took for one call is left out: nobody asks for it again. */
export async function writeDump(path: string, redis: Connection, origins: Origins): Promise<Key[]> {
  const names = (await redis.keys("*")).filter((name) => !name.includes(":claim:")).sort();
  const keys = await Promise.all(names.map((name) => readKey(redis, name)));
  const text = [{ madeAt: Date.now() }, ...keys].map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(path, `${swapped(text, origins, placeholders)}\n`);
  return keys;
}

async function readKey(redis: Connection, key: string): Promise<Key> {
  const ttlMs = await redis.pttl(key);
  return { key, ...(ttlMs >= 0 && { ttlMs }), ...(await readValue(redis, key)) };
}

async function readValue(redis: Connection, key: string): Promise<DumpValue> {
  const type = await redis.type(key);
  switch (type) {
    case "string":
      return { type, value: (await redis.get(key)) ?? "" };
    case "list":
      return { type, value: await redis.lrange(key, 0, -1) };
    case "set":
      return { type, value: await redis.smembers(key) };
    case "hash":
      return { type, value: withoutPaths(await redis.hgetall(key)) };
    case "zset":
      return { type, value: pairsOf(await redis.zrange(key, "0", "-1", "WITHSCORES")) };
    case "stream":
      return { type, value: await redis.xrange(key, "-", "+") };
    default:
      throw new Error(`${key} is a ${type}`);
  }
}

/** BullMQ keeps with a failed job where in the code it failed. */
function withoutPaths(fields: Record<string, string>): Record<string, string> {
  return fields.stacktrace === undefined ? fields : { ...fields, stacktrace: "[]" };
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? "", flat[2 * i + 1] ?? ""]);
}
