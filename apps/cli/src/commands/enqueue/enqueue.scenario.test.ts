import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, pngFile } from "@reelqueue/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCli, type TestCli } from "../test-cli.ts";

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
