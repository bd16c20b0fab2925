import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GenerationInput } from "@reelqueue/contracts";
import { eventually, pngFile } from "@reelqueue/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCli, type TestCli } from "../test-cli.ts";
import { keyByLine, keyOf } from "./keys.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startTestCli();
});
afterAll(() => cli[Symbol.asyncDispose]());

const row = { account: "simulator", prompt: "a snail", resolution: "480p", seconds: 4 };

function fileOf(name: string, rows: unknown[]): string {
  const folder = join(cli.home, "files");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, rows.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("\n"));
  return path;
}

async function idsOf(batch: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of cli.client.listAll({ batch })) ids.push(id);
  return ids;
}

/** Enqueues a file, cancels the batch once it has `total` rows, and reads the summary. */
async function enqueued(batch: string, total: number, args: string[]) {
  const ended = cli.ended(["enqueue", ...args, "--yes", "--json"]);
  await eventually(async () => (await cli.client.batch(batch)).total === total, { describe: `${total} rows` });
  for (const id of await idsOf(batch)) await cli.client.cancel(id);
  return JSON.parse((await ended).out.trim().split("\n").at(-1) ?? "");
}

test("enqueue, interrupted and run again: rows and local images are enqueued once; the second run reports how they ended", async () => {
  mkdirSync(join(cli.home, "files"), { recursive: true });
  writeFileSync(join(cli.home, "files/frame.png"), Buffer.concat([pngFile(640, 480), randomBytes(4)]));
  const rows = [
    ...Array.from({ length: 5 }, (_, i) => ({ ...row, prompt: `row ${i}` })),
    { ...row, images: [{ url: "frame.png", role: "first_frame" }] },
  ];
  const path = fileOf("twice", rows);

  const first = cli.run(["enqueue", path, "--yes"]);
  await eventually(async () => (await cli.client.batch("twice")).total === 6, { describe: "all rows are accepted" });
  first.child.kill("SIGINT");
  expect(await first.code).toBe(130);
  expect(first.err()).toMatch(/Nothing is lost.*\.\/reelqueue enqueue .*twice\.jsonl --batch twice/s);

  const second = cli.run(["enqueue", path, "--yes", "--json"]);
  await eventually(() => second.err().includes("waiting"), { describe: "the second run watches" });
  const ids = await idsOf("twice");
  expect(ids).toHaveLength(6);
  for (const id of ids) await cli.client.cancel(id);
  expect(await second.code).toBe(1);
  const last = JSON.parse(second.out().trim().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ batch: "twice", rows: 6, accepted: 0, existing: 6, succeeded: 0, canceled: 6 });
});

test("--again enqueues a new batch of new generations; --count limits it to the first rows", async () => {
  const path = fileOf("again", [row, { ...row, seconds: 5 }, { ...row, seconds: 6 }]);
  for (const batch of ["again", "again-2"]) {
    const run = cli.run(["enqueue", path, "--yes", "--count", "2", ...(batch === "again" ? [] : ["--again"])]);
    await eventually(async () => (await cli.client.batch(batch)).total === 2, { describe: `${batch} exists` });
    for (const id of await idsOf(batch)) await cli.client.cancel(id);
    expect(await run.code).toBe(1);
  }
  expect(new Set([...(await idsOf("again")), ...(await idsOf("again-2"))]).size).toBe(4);
});

describe("a file that was changed", () => {
  const rows = [4, 5, 6].map((seconds) => ({ ...row, seconds }));
  const [first, second, third] = rows;
  const added = { ...row, prompt: "a new row" };

  test("a row at the top, two rows swapped, a row deleted: only the new row is priced and enqueued", async () => {
    await enqueued("changed", 3, [fileOf("changed", rows)]);
    const path = fileOf("changed", [added, third, "", first]);
    const { out } = await cli.ended(["enqueue", path, "--dry-run"]);
    expect(out).toMatch(/simulator +1 row +\$0\.28.*\n.*1 new \$0\.28, 2 already made/);
    const summary = await enqueued("changed", 4, [path]);
    expect(summary).toMatchObject({ rows: 3, accepted: 1, existing: 2, canceled: 3 });
    const again = await cli.ended(["enqueue", fileOf("changed", [second, added, third, first]), "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ rows: 4, accepted: 0, existing: 4 });
  });

  test("rows that an older version enqueued by their lines are found at other lines", async () => {
    const inputs = rows.map((each, i) => ({
      ...each,
      batch: "older",
      idempotencyKey: keyByLine("older", { line: i + 1, request: each }),
    }));
    await Array.fromAsync(cli.client.enqueueMany(inputs as GenerationInput[]));
    for (const id of await idsOf("older")) await cli.client.cancel(id);
    const { out } = await cli.ended(["enqueue", fileOf("older", [third, added, first, second]), "--dry-run"]);
    expect(out).toContain("1 new $0.28, 3 already made");
    const unchanged = await cli.ended(["enqueue", fileOf("older", rows), "--json"]);
    expect(JSON.parse(unchanged.out)).toMatchObject({ accepted: 0, existing: 3 });
  });

  test("a row with a key of its own: made once under it, wherever it stands; another body is refused before", async () => {
    const own = { ...row, idempotencyKey: "own-1" };
    await enqueued("own", 1, [fileOf("own", [own])]);
    const { out } = await cli.ended(["enqueue", fileOf("own", [row, own]), "--dry-run"]);
    expect(out).toContain("1 new $0.28, 1 already made");
    const changed = await cli.ended(["enqueue", fileOf("own", [added, { ...own, seconds: 5 }]), "--yes"]);
    expect([changed.code, changed.out]).toEqual([2, expect.stringMatching(/line 2: .*used with another body/)]);
    expect((await cli.client.batch("own")).total).toBe(1);
  });
});

describe("files with names that are not ASCII", () => {
  const spring = { ...row, prompt: "春天的第一行" };
  const autumn = { ...row, prompt: "秋天的第一行" };

  test("each has a batch of its own: equal rows of two files are enqueued for each", async () => {
    for (const [name, only] of [
      ["甲", spring],
      ["乙", autumn],
      ["丙", autumn],
    ] as const) {
      const summary = await enqueued(name, 1, [fileOf(name, [only])]);
      expect(summary).toMatchObject({ batch: name, rows: 1, accepted: 1, existing: 0 });
    }
  });

  test("rows that an older version enqueued under a common batch name are not paid again, unless by --again", async () => {
    const own = { ...autumn, idempotencyKey: "own-in-older" };
    for (const [line, request] of [spring, own].entries()) {
      const idempotencyKey = keyByLine("--", { line: line + 1, request });
      const { generation } = await cli.client.enqueue({ ...request, batch: "--", idempotencyKey } as GenerationInput);
      await cli.client.cancel(generation.id);
    }
    const path = fileOf("春季", [{ ...row, prompt: "a new row" }, own, spring]);
    const { out } = await cli.ended(["enqueue", path, "--dry-run"]);
    expect(out).toMatch(/1 new \$0\.28, 2 already made.*2 of them are in the batch "--"/s);
    const other = await cli.ended(["enqueue", fileOf("秋季", [spring]), "--json"]);
    expect(JSON.parse(other.out)).toMatchObject({ batch: "秋季", rows: 1, accepted: 0, existing: 1 });
    expect(other.err).toMatch(/1 of them is in the batch "--".*--again/s);
    const again = await cli.ended(["enqueue", fileOf("秋季", [spring]), "--again", "--dry-run"]);
    expect(again.out).toMatch(/batch "秋季".*\n.*1 row +\$0\.28/);
  });
});

describe("equal rows", () => {
  const rows = [row, { ...row, seconds: 5 }, { maxAttempts: 2, ...row }];

  test("without --equal nothing is enqueued; the lines are named", async () => {
    const { code, out, err } = await cli.ended(["enqueue", fileOf("equal", rows), "--yes"]);
    expect([code, out + err]).toEqual([
      2,
      expect.stringMatching(/lines 1 and 3 are equal.*--equal once.*--equal each/s),
    ]);
    await expect(cli.client.batch("equal")).rejects.toMatchObject({ code: "not_found" });
  });

  test("one of which has the key of another: each is enqueued", async () => {
    const batch = "equal-key";
    const input = { ...row, batch } as GenerationInput;
    const [tried] = await Array.fromAsync(cli.client.enqueueMany([input], { dryRun: true }));
    const requestHash = tried?.status === "valid" ? tried.requestHash : "";
    await cli.client.enqueue({ ...input, idempotencyKey: keyOf(batch, requestHash, 2) });
    const summary = await enqueued(batch, 2, [fileOf(batch, [row, row]), "--equal", "each"]);
    expect(summary).toMatchObject({ rows: 2, accepted: 1, existing: 1 });
  });

  test.each([
    ["once", 2, "0.63"],
    ["each", 3, "0.91"],
  ])("--equal %s: %i rows, also when the file is enqueued again", async (equal, total, usd) => {
    const path = fileOf(`equal-${equal}`, rows);
    const { out } = await cli.ended(["enqueue", path, "--equal", equal, "--dry-run"]);
    expect(out).toMatch(new RegExp(`simulator +${total} rows +\\$${usd}`));
    await enqueued(`equal-${equal}`, total, [path, "--equal", equal]);
    const again = await cli.ended(["enqueue", path, "--equal", equal, "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ rows: total, accepted: 0, existing: total });
  });
});

describe("nothing is enqueued", () => {
  const nothing = async (args: string[], expected: RegExp, env?: Record<string, string>, exit = 2) => {
    const { code, out, err } = await cli.ended(["enqueue", ...args], env);
    expect([code, out + err]).toEqual([exit, expect.stringMatching(expected)]);
    expect(out + err).not.toMatch(/\bat .*\.ts:\d+/);
  };

  test("if a row is invalid: each problem is reported by its line, as text and as JSON", async () => {
    const path = fileOf("wrong", [
      row,
      '{"prompt":',
      { ...row, secnds: 5 },
      { ...row, seconds: 99 },
      { ...row, images: [{ url: "none.png" }] },
    ]);
    await nothing(
      [path, "--yes"],
      /line 2: .*JSON.*line 3: secnds: an unknown field.*seconds.*line 4: seconds: 99.*line 5: images\[0\]\.url: none\.png does not exist.*4 of 5 rows/s,
    );
    const { out } = await cli.ended(["enqueue", path, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      valid: 1,
      problems: [{ line: 2 }, { line: 3 }, { line: 4 }, { line: 5 }],
    });
    await expect(cli.client.batch("wrong")).rejects.toMatchObject({ code: "not_found" });
  });

  test("without --yes and without a terminal to confirm the price", async () => {
    await nothing([fileOf("asks", [row])], /simulator +1 row +\$0\.28.*add --yes/s);
  });

  test("by --dry-run, which shows the price", async () => {
    const path = fileOf("dry", [row, { ...row, resolution: "720p" }]);
    await nothing([path, "--dry-run"], /simulator +2 rows +at least \$0\.28 +1 without a known price/, {}, 0);
  });

  test("from examples/ for real money without --live", async () => {
    const sample = join(import.meta.dirname, "../../../../../examples/prompts.jsonl");
    await nothing(
      [sample, "--yes", "--count", "1", "--set", "SIMULATOR_URL=https://x.example"],
      /sample rows, and hiapi would spend real money on them: add --live/,
    );
  });

  test.each([
    [
      "no API",
      { REELQUEUE_URL: "http://127.0.0.1:9" },
      /No reelqueue API answers at http:\/\/127\.0\.0\.1:9.*npm start/,
    ],
    ["a bad key", { REELQUEUE_API_KEY: "no" }, /rejects this key: set REELQUEUE_API_KEY/],
    ["no URL", { REELQUEUE_URL: "nonsense" }, /REELQUEUE_URL must be a URL/],
  ])("with %s", async (_, env, expected) => {
    await nothing([fileOf("any", [row]), "--yes"], expected, env, 1);
  });

  test.each([[["--count", "0"]], [["--set", "x"]], [["--nonsense"]]])("with %j", async (args) => {
    await nothing([fileOf("any", [row]), "--yes", ...args], /./);
  });
});
