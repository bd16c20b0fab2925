import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decode, decodeFields, encode, type GenerationRecord, storedNames } from "./codec.ts";

const record: GenerationRecord = {
  version: "1",
  state: "running",
  dispatchSeq: 3,
  stateChangedAtMs: 1_790_000_000_000,
  createdAtMs: 1_780_000_000_000,
  attempt: 2,
  account: "hiapi",
  tenant: "acme",
  priority: -1,
  requestHash: "abc",
  runTimeClass: "hiapi/seedance-2.0/720p/5/text",
  cancelRequested: true,
  previousTaskIds: ["task-1", "task-2"],
  absentLookups: { count: 2, atMs: 1_790_000_000_001 },
  missingPolls: { count: 0, atMs: 0 },
  remoteOutputs: [{ kind: "video", url: "https://example.com/v.mp4", life: { untilMs: 5 } }],
  failure: { class: "upstream", message: "gpu lost" },
};

test("a record that is written is read as it was", () => {
  expect(decode(encode(record))).toEqual(record);
});

test("a field that is not there, or empty, is left out", () => {
  expect(decodeFields(["taskId", "polls", "account"], { account: "hiapi", task: "" })).toEqual({ account: "hiapi" });
  expect(encode({ taskId: undefined as unknown as string })).toEqual({});
});

test("a streak of an older version, without a time, is read as one of long ago", () => {
  expect(decodeFields(["missingPolls"], { misses: "0" })).toEqual({ missingPolls: { count: 0, atMs: 0 } });
});

test("no two fields have one stored name", () => {
  expect(new Set(storedNames).size).toBe(storedNames.length);
});

test("a record of a newer version, and one that lacks a field that every record has, is a fault with a kind", () => {
  const stored = encode(record);
  expect(() => decode({ ...stored, v: "2" })).toThrow(expect.objectContaining({ kind: "version" }));
  const { class: _, ...broken } = stored;
  expect(() => decode(broken)).toThrow(expect.objectContaining({ kind: "script_error" }));
  expect(decode({})).toBeUndefined();
});

test("every field of a record that the scripts name is in the codec, and the scripts are the only other place", () => {
  const folder = new URL("../scripts/", import.meta.url);
  const named = globSync("**/*.lua", { cwd: folder.pathname }).flatMap((file) =>
    fieldsNamedIn(readFileSync(new URL(file, folder), "utf8")),
  );
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((name) => !storedNames.includes(name))).toEqual([]);
});

/**
 * Fields of records in a script: `r.name`, `put('name'`, `drop(r, 'name'`, and what it names in commands on the hash of
 * a record.
 */
function fieldsNamedIn(script: string): string[] {
  const members = [...script.matchAll(/\br\.(\w+)/g)].map(([, name = ""]) => name);
  const written = [...script.matchAll(/\b(?:put|drop)\((?:r, )?'(\w+)'/g)].map(([, name = ""]) => name);
  const ofRecord = /'(HGET|HMGET|HSET|HDEL)', (?:P \.\. ':g:' \.\. [\w[\]]+|record|key), ([^\n]*)\)/g;
  const keyIsOfRecord = /local key[^\n]* = (?:P|KEYS\[1\]) \.\. ':g:'/.test(script);
  const named = [...script.matchAll(ofRecord)].flatMap(([call, command, list = ""]) =>
    call.includes(", key,") && !keyIsOfRecord ? [] : namesOf(command === "HSET", list),
  );
  return [...members, ...written, ...named];
}

/** The quoted names of an argument list; of pairs only the first of each. */
function namesOf(pairs: boolean, list: string): string[] {
  const args = list.split(/, /).filter((_, i) => !pairs || i % 2 === 0);
  return args.flatMap((arg) => /^'(\w+)'/.exec(arg)?.[1] ?? []);
}
