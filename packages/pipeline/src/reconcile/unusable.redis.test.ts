import * as ledger from "@reelqueue/ledger";
import type { LookupResult } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { circuitBreakerOf } from "../circuit-breaker.ts";
import { accept, admit, type Installation } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { storeResult } from "../submit/outcome.ts";
import { testInstallation } from "../test-installation.ts";
import { withReconciliation } from "../test-provider.ts";
import { reconcile } from "./reconcile.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
let account: Account;
let id: string;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const opened = await testInstallation(scope, { toapis: { timeScale: 10 } });
  ctx = { ...opened, queues: { ...opened.queues, add: async () => {} } };
  const toapis = ctx.accounts.get("toapis");
  if (!toapis) throw new Error("toapis is not there");
  const lookup = async (): Promise<LookupResult> => ({ kind: "unreachable", message: "half a JSON" });
  account = { ...toapis, provider: withReconciliation(toapis.provider, { by: "clientId", lookup }) };
  id = await lostPost();
});
afterEach(() => scope.disposeAsync());

test("look-up: an unusable answer is followed by another look-up after 5 s of the provider's time, however many came before", async () => {
  for (let times = 0; times < 8; times += 1) {
    expect(await reconcileNow()).toBeLessThanOrEqual(550);
  }
});

test("look-up: a provider that is down is asked again when the circuit breaker lets a request through", async () => {
  const breaker = circuitBreakerOf(account);
  for (let times = 0; times < 5; times += 1) breaker.failed("cannot be reached");
  expect(await reconcileNow()).toBeGreaterThan(1_000);
});

/** Reconciles the lost POST now; returns the ms until the next look-up. */
async function reconcileNow(): Promise<number> {
  const due = ctx.cell.keys.due("unknown", "toapis");
  await ctx.cell.redis.zadd(due, "XX", 1, id);
  expect(await reconcile(account, ctx)).toBe(1);
  const [seconds, micros] = await ctx.cell.redis.time();
  return Number(await ctx.cell.redis.zscore(due, id)) - (Number(seconds) * 1_000 + Number(micros) / 1_000);
}

async function lostPost(): Promise<string> {
  const input = { account: "toapis", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, ctx);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  await admit(account, ctx);
  const dispatchSeq = (await ledger.read(ctx.cell, row.id))?.record.dispatchSeq ?? 0;
  const written = await beginIntent({ generation: row.id, dispatchSeq }, ledger.operationToken(), ctx);
  if (written.kind !== "written") throw new Error(written.note);
  await storeResult(written.intent, { kind: "unknown", message: "reset", evidence: "nothing" }, ctx);
  return row.id;
}
