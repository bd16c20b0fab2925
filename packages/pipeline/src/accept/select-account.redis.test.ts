import * as ledger from "@reelqueue/ledger";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reassignFromPaused } from "../maintain/reassign.ts";
import type { Installation } from "../open.ts";
import { testInstallation } from "../test-installation.ts";
import { accept } from "./accept.ts";
import { quote } from "./quote.ts";

let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  here = await testInstallation(scope, {
    hiapi: { limits: { inFlight: 10 }, pricesPerSecond: { "seedance-2.0/720p": 0.2, "seedance-2.0/480p": 0.1 } },
    jiekou: { limits: { inFlight: 10 }, pricesPerSecond: { "seedance-2.0/720p": 0.15, "seedance-2.0/480p": 0.1 } },
  });
});
afterEach(() => scope.disposeAsync());

const placed = async (inputs: readonly object[]) =>
  (await accept(inputs, { tenant: "default" }, here)).map((row) => ("account" in row ? row.account : row.kind));

test("the cheaper account is selected", async () => {
  expect(await placed([{ prompt: "a cup" }])).toEqual(["jiekou"]);
});

test("equal prices: the work is shared by free capacity", async () => {
  const accounts = await placed(Array.from({ length: 40 }, () => ({ prompt: "a cup", resolution: "480p" })));
  expect(accounts.filter((name) => name === "hiapi")).toHaveLength(20);
});

test("a paused account is selected only where no other accepts the request", async () => {
  await ledger.pause(here.cell, "jiekou", "balance");
  expect(await placed([{ prompt: "a cup" }, { prompt: "a cup", watermark: true }])).toEqual(["hiapi", "jiekou"]);
});

test("the backlog of a paused account is reassigned, unless the customer chose the account", async () => {
  const row = { prompt: "a cup", images: [] };
  const inputs = [...Array.from({ length: 15 }, () => row), { ...row, account: "jiekou" }];
  const ids = (await accept(inputs, { tenant: "default" }, here)).map((answer) => ("id" in answer ? answer.id : ""));
  await ledger.pause(here.cell, "jiekou", "balance");
  await reassignFromPaused(here);
  const records = (await ledger.readMany(here.cell, ids)).map((found) => found?.record);
  // ten have a slot: they stay, their POST may be in flight
  expect(records.map((record) => record?.account)).toEqual([
    ...Array(10).fill("jiekou"),
    ...Array(5).fill("hiapi"),
    "jiekou",
  ]);
  expect(records[12]).toMatchObject({
    runTimeClass: "hiapi/seedance-2.0/720p/5/text",
    estimateMicroUsd: 1_000_000,
  });
  expect(await ledger.audit(here.cell)).toEqual([]);
});

test("a quote has every account with its price or its problems, and stores nothing", async () => {
  const [free, marked, bad] = await quote(
    [{ prompt: "a cup", seconds: 4 }, { prompt: "a cup", watermark: true }, { prompt: 7 }],
    { tenant: "default" },
    here,
  );
  expect(free).toMatchObject({
    kind: "quoted",
    chosen: "jiekou",
    offers: [
      { account: "hiapi", quote: { usd: 0.8 }, problems: [] },
      { account: "jiekou", quote: { usd: 0.6 } },
    ],
  });
  expect(marked).toMatchObject({
    kind: "quoted",
    chosen: "jiekou",
    offers: [{ account: "hiapi", problems: [{ field: "watermark" }] }, { problems: [] }],
  });
  expect(bad).toMatchObject({ kind: "refused", problems: [{ field: "prompt" }] });
  expect((await ledger.counts(here.cell)).queued).toBe(0);
});

test("a row that no account accepts has the problems of the account with the fewest", async () => {
  const [row] = await quote([{ prompt: "a cup", resolution: "4k", watermark: true }], { tenant: "default" }, here);
  expect(row).not.toHaveProperty("chosen");
  expect(
    await accept([{ prompt: "a cup", resolution: "4k", watermark: true }], { tenant: "default" }, here),
  ).toMatchObject([{ kind: "refused", problems: [{ field: "resolution" }] }]);
});
