import type { QuoteAnswer } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";
import { row } from "./testing/generations.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  expect(await ledger.counts(api.installation.cell)).toMatchObject({ queued: 0 });
  await api[Symbol.asyncDispose]();
});

const quoted = (body: unknown, query = "") =>
  jsonOf<QuoteAnswer>(api.call(`/v1/quotes${query}`, { body, key: "acme" }));

test("each row is priced on every account, or refused with the reason; totals by account and as chosen", async () => {
  const answer = await quoted([
    row,
    { ...row, watermark: true },
    { ...row, seconds: 10, account: "hiapi" },
    { promt: "x" },
  ]);
  expect(answer.rows).toMatchObject([
    {
      line: 1,
      status: "quoted",
      chosen: "hiapi",
      offers: [
        { account: "hiapi", provider: "hiapi", quote: { usd: 0.28 }, problems: [] },
        { account: "jiekou", quote: { usd: 0.28 }, problems: [] },
      ],
    },
    {
      line: 2,
      chosen: "jiekou",
      offers: [{ problems: [{ field: "watermark", rule: "G-V3", label: "DOCUMENTED" }] }, {}],
    },
    { line: 3, chosen: "hiapi", offers: [{ quote: { usd: 0.7 } }, { quote: { usd: 0.7 } }] },
    { line: 4, status: "refused", error: { code: "invalid_request", problems: [{ field: "promt" }] } },
  ]);
  expect(answer.accounts).toEqual([
    { account: "hiapi", provider: "hiapi", rows: 2, refused: 2, usd: 0.98, unknown: 0 },
    { account: "jiekou", provider: "jiekou", rows: 3, refused: 1, usd: 1.26, unknown: 0 },
  ]);
  expect(answer.chosen).toEqual({ rows: 3, refused: 1, usd: 1.26, unknown: 0 });
});

test("an unknown price is counted as unknown, never as 0", async () => {
  const unpriced = { ...row, resolution: "720p" };
  expect((await quoted([row, unpriced])).chosen).toEqual({ rows: 2, refused: 0, usd: 0.28, unknown: 1 });
  const alone = await quoted([unpriced]);
  expect(alone.rows).toMatchObject([{ offers: [{ quote: { usd: null } }, { quote: { usd: null } }] }]);
  expect(alone.chosen).toEqual({ rows: 1, refused: 0, usd: null, unknown: 1 });
  expect((await quoted([{ ...row, resolution: "4k" }])).chosen).toEqual({ rows: 0, refused: 1, usd: null, unknown: 0 });
});

test("on one account: rows that name another account are priced on it too", async () => {
  const { rows, accounts, chosen } = await quoted([{ ...row, account: "hiapi" }, row], "?account=jiekou");
  expect(rows).toMatchObject([{ chosen: "jiekou", offers: [{ account: "jiekou" }] }, { chosen: "jiekou" }]);
  expect(accounts).toMatchObject([{ account: "jiekou", rows: 2, usd: 0.56 }]);
  expect(chosen.usd).toBe(0.56);
  const error = await errorIn(await api.call("/v1/quotes?account=nobody", { body: [row] }), 400);
  expect(error.message).toMatch(/no account "nobody"; there are: hiapi, jiekou/);
});

test("JSON Lines: one line for each row, and the totals in the last line", async () => {
  const body = `${JSON.stringify(row)}\n\n{"prompt":\n${JSON.stringify(row)}\n`;
  const headers = { "content-type": "application/x-ndjson" };
  const answer = await api.call("/v1/quotes", { body, headers });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  const lines = (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { line: 1, status: "quoted" },
    { line: 3, status: "refused", error: { code: "invalid_json" } },
    { line: 4, status: "quoted" },
    { accounts: [{ account: "hiapi", rows: 2, refused: 1 }, {}], chosen: { rows: 2, refused: 1, usd: 0.56 } },
  ]);
});

test("a body that is not a list: 400; a wrong key: 401", async () => {
  expect((await errorIn(await api.call("/v1/quotes", { body: row }), 400)).code).toBe("invalid_request");
  expect((await errorIn(await api.call("/v1/quotes", { body: [row], key: "wrong" }), 401)).code).toBe("unauthorized");
});
