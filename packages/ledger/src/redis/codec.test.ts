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

test("codec: a record survives the round trip", () => {
  expect(decode(encode(record))).toEqual(record);
});

test("codec: an absent or empty field is left out", () => {
  expect(decodeFields(["taskId", "polls", "account"], { account: "hiapi", task: "" })).toEqual({ account: "hiapi" });
  expect(encode({ taskId: undefined as unknown as string })).toEqual({});
});

test("codec: a streak without a time (older version) has time 0", () => {
  expect(decodeFields(["missingPolls"], { misses: "0" })).toEqual({ missingPolls: { count: 0, atMs: 0 } });
});

test("codec: stored names are unique", () => {
  expect(new Set(storedNames).size).toBe(storedNames.length);
});

test("decode: a newer version and a missing required field are errors of their own kind", () => {
  const stored = encode(record);
  expect(() => decode({ ...stored, v: "2" })).toThrow(expect.objectContaining({ kind: "version" }));
  const { class: _, ...broken } = stored;
  expect(() => decode(broken)).toThrow(expect.objectContaining({ kind: "script_error" }));
  expect(decode({})).toBeUndefined();
});

test("codec: has every record field that the scripts name", () => {
  const folder = new URL("../scripts/", import.meta.url);
  const named = globSync("**/*.lua", { cwd: folder.pathname }).flatMap((file) =>
    fieldsNamedIn(readFileSync(new URL(file, folder), "utf8")),
  );
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((name) => !storedNames.includes(name))).toEqual([]);
});

/** Record fields in a script: `r.name`, `put('name'`, `drop(r, 'name'` and in commands on the hash of a record. */
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

/** Quoted names in an argument list; with `pairs`, only the first of each pair. */
function namesOf(pairs: boolean, list: string): string[] {
  const args = list.split(/, /).filter((_, i) => !pairs || i % 2 === 0);
  return args.flatMap((arg) => /^'(\w+)'/.exec(arg)?.[1] ?? []);
}
