import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { QuoteAnswer } from "@reelqueue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestCli, type TestCli } from "./test-cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startTestCli();
});
afterAll(async () => {
  expect((await cli.client.list()).generations).toEqual([]);
  await cli[Symbol.asyncDispose]();
});

const row = { prompt: "a snail", resolution: "480p", seconds: 4 };

function fileOf(name: string, rows: unknown[]): string {
  const folder = join(cli.home, "files");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, rows.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("\n"));
  return path;
}

async function expectOutput(args: string[], exit: number): Promise<string> {
  const { code, out, err } = await cli.ended(["quote", ...args]);
  expect([code, err]).toEqual([exit, ""]);
  return out;
}

test("quote: shows each row's price or problem on every account, and the totals", async () => {
  const path = fileOf("side", [row, { ...row, watermark: true }, { ...row, resolution: "720p" }, row]);
  const out = await expectOutput([path], 0);
  expect(out).toMatch(/simulator +hiapi/);
  expect(out).toMatch(/line 1 +\$0\.28 +\$0\.28/);
  expect(out).toMatch(/line 2 +\$0\.28 +cannot/);
  expect(out).toMatch(/line 3 +price not known +price not known/);
  expect(out).toMatch(/simulator +4 of 4 rows +at least \$0\.84 +1 without a known price/);
  expect(out).toMatch(/hiapi +3 of 4 rows +at least \$0\.56/);
  expect(out).toMatch(/as chosen +4 of 4 rows +at least \$0\.84/);
  expect(out).toMatch(/line 2, hiapi: watermark: true — allowed: .*\(G-V3, DOCUMENTED\)/);
});

test("quote --account --json: one entry for each line, unreadable ones too; exit code 2 if a row is not possible", async () => {
  const path = fileOf("one", ["", row, "{", { ...row, watermark: true }, { ...row, images: [{ url: "none.png" }] }]);
  const answer = JSON.parse(await expectOutput([path, "--account", "hiapi", "--json"], 2)) as QuoteAnswer;
  expect(answer.rows).toMatchObject([
    { line: 2, chosen: "hiapi", offers: [{ account: "hiapi", quote: { usd: 0.28 } }] },
    { line: 3, status: "refused" },
    { line: 4, offers: [{ problems: [{ rule: "G-V3" }] }] },
    { line: 5, status: "refused", error: { message: expect.stringContaining("none.png does not exist") } },
  ]);
  expect(answer.accounts).toEqual([
    { account: "hiapi", provider: "hiapi", rows: 1, refused: 3, usd: 0.28, unknown: 0 },
  ]);
  expect(await expectOutput([path, "--account", "hiapi"], 2)).toMatch(
    /line 3 +not valid.*line 4 +cannot.*why not:.*line 3: .*JSON/s,
  );
});

test("quote: an unknown account is an error that lists the known ones", async () => {
  const { code, err } = await cli.ended(["quote", fileOf("who", [row]), "--account", "nobody"]);
  expect([code, err]).toEqual([2, expect.stringMatching(/no account "nobody"; there are: simulator, hiapi/)]);
});
