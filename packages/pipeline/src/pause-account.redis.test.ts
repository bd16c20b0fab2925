import * as ledger from "@reelqueue/ledger";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "./accounts.ts";
import type { Installation } from "./index.ts";
import { pauseAfterLostStreak, pauseBlocked } from "./pause-account.ts";
import { testInstallation } from "./test-installation.ts";

const names = ["ark", "hiapi", "jiekou", "toapis", "xingchao"];

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope, Object.fromEntries(names.map((name) => [name, {}])));
});
afterEach(() => scope.disposeAsync());

function account(name: string): Account {
  const found = ctx.accounts.get(name);
  if (!found) throw new Error(`no account ${name}`);
  return found;
}

const pausedOf = async (name: string) => (await ledger.accountStatus(ctx.cell, name)).paused;
const alarms = async (kind: string) =>
  (await ctx.meters.alarms.get()).values.find(({ labels }) => labels.kind === kind)?.value ?? 0;

test("a refused account is paused with one alarm, however many requests are refused", async () => {
  const before = await alarms("account-key");
  for (let i = 0; i < 20; i += 1) await pauseBlocked(account("ark"), { reason: "key", message: "401" }, ctx);
  expect([await pausedOf("ark"), (await alarms("account-key")) - before]).toEqual(["bad key", 1]);
});

test.each(names)(
  "%s: the tenth lost answer in a row pauses the account, an answer between starts again",
  async (name) => {
    const lose = async (times: number) => {
      for (let i = 0; i < times; i += 1) await pauseAfterLostStreak(account(name), true, ctx);
    };
    await lose(9);
    await pauseAfterLostStreak(account(name), false, ctx);
    await lose(9);
    expect(await pausedOf(name)).toBeUndefined();
    await lose(1);
    expect(await pausedOf(name)).toMatch(/^10 answers in a row were lost/);
  },
);
