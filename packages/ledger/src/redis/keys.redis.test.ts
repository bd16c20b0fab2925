import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testCell } from "../test-cell.ts";
import { keysOf } from "./keys.ts";

const scripts = new URL("../scripts/", import.meta.url);
const textOf = (file: string) => readFileSync(new URL(file, scripts), "utf8");

test("keys of the scripts: the same names as in keys.ts", async () => {
  await using cell = await testCell();
  const { prefix } = cell;
  const keys = keysOf(prefix);
  const both: [string, string][] = [
    ["keys.record('g1')", keys.record("g1")],
    ["keys.request('g1')", keys.request("g1")],
    ["keys.due('poll', 'hiapi')", keys.due("poll", "hiapi")],
    ["keys.account('hiapi')", keys.account("hiapi")],
    ["keys.state('running', 'acme')", keys.state("running", "acme")],
    ["keys.tenants", keys.tenants],
    ["keys.batch('acme:spring')", keys.batch("acme", "spring")],
    ["keys.batch_counts('acme:spring')", keys.batchCounts("acme", "spring")],
    ["keys.line('hiapi', '5', 'acme')", keys.line("hiapi", "5", "acme")],
    ["keys.tasks('hiapi')", keys.tasks("hiapi")],
    ["keys.named('hiapi')", keys.named("hiapi")],
    ["keys.event('msg_1')", keys.event("msg_1")],
    ["keys.events('pending')", keys.events("pending")],
    ["keys.endpoints", keys.endpoints],
    ["keys.orphans", keys.orphans],
    ["keys.orphans_acked", keys.orphansAcked],
    ["keys.followed", keys.followed],
  ];
  const script = `${textOf("include/keys.lua")}\nreturn { ${both.map(([expression]) => expression).join(", ")} }`;
  expect(await cell.redis.eval(script, 1, prefix)).toEqual(both.map(([, name]) => name));
});

test("keys of the scripts: only include/keys.lua builds a name from the prefix", () => {
  const files = globSync("**/*.lua", { cwd: scripts }).filter((file) => file !== "include/keys.lua");
  expect(files.length).toBeGreaterThan(25);
  expect(files.filter((file) => /\bKEYS\[1\] *\.\.|\bP *\.\.|local P\b/.test(textOf(file)))).toEqual([]);
});
