import type { AccountConfig, GenerationInput } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { accept, admit, type Installation } from "../index.ts";
import { review } from "../operate/review.ts";
import { beginIntent } from "../submit/intent.ts";
import { storeResult } from "../submit/outcome.ts";
import { startBackground, testInstallation } from "../test-installation.ts";
import { countCrash, isPoison } from "./decide.ts";
import { reconcile } from "./reconcile.ts";

let scope: AsyncDisposableStack;
beforeEach(() => {
  scope = new AsyncDisposableStack();
});
afterEach(() => scope.disposeAsync());

const priced = { pricesPerSecond: { "seedance-2.0/480p": 0.05 } };

describe("a provider without a reconciliation method", () => {
  test.each<[string, Partial<AccountConfig>, Partial<GenerationInput>, string]>([
    ["review by default", priced, {}, "needs_review"],
    ["resubmitted where the account says so", { ...priced, onUnknown: "resubmit" }, {}, "queued"],
    ["resubmitted where the request says so", priced, { onUnknown: "resubmit" }, "queued"],
    ["review where the request says so", { ...priced, onUnknown: "resubmit" }, { onUnknown: "review" }, "needs_review"],
    ["review beyond the daily cap", { ...priced, onUnknown: "resubmit", resubmitUsdPerDay: 0.1 }, {}, "needs_review"],
    ["review without a price", { onUnknown: "resubmit" }, {}, "needs_review"],
    ["review after the last attempt", { ...priced, onUnknown: "resubmit" }, { maxAttempts: 1 }, "needs_review"],
  ])("%s", async (_, config, input, state) => {
    const { ctx, account } = await installation(config);
    const id = await lostPost(ctx, account, input);
    await reconcile(account, ctx);
    expect((await recordOf(id, ctx))?.state).toBe(state);
    expect(await ledger.audit(ctx.cell)).toEqual([]);
  });

  test("within the quiet window: not escalated, and a decision `unsent` is refused", async () => {
    const { ctx, account } = await installation(priced);
    const id = await lostPost(ctx, account);
    await reconcile({ ...account, quietMs: 60_000 }, ctx);
    expect(await recordOf(id, ctx)).toMatchObject({ state: "unknown" });
    expect(await review(id, { kind: "unsent" }, ctx)).toEqual({ kind: "conflict", state: "unknown" });
    await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "jiekou"), "XX", 1, id);
    await reconcile(account, ctx);
    expect(await recordOf(id, ctx)).toMatchObject({ state: "needs_review" });
    expect(await review(id, { kind: "unsent" }, ctx)).toEqual({ kind: "settled", state: "queued" });
  });

  test("resubmitted → another attempt; the first one counts as paid", async () => {
    const { ctx, account } = await installation({ ...priced, onUnknown: "resubmit", resubmitUsdPerDay: 0.5 });
    const id = await lostPost(ctx, account);
    const estimateMicroUsd = (await recordOf(id, ctx))?.estimateMicroUsd ?? 0;
    await reconcile(account, ctx);
    expect(await recordOf(id, ctx)).toMatchObject({ attempt: 2, settledMicroUsd: estimateMicroUsd, lane: "backlog" });
    expect((await ledger.accountStatus(ctx.cell, account.name)).spentTodayMicroUsd).toBe(estimateMicroUsd);
    const states = [];
    for (const other of [await lostPost(ctx, account), await lostPost(ctx, account)]) {
      await reconcile(account, ctx);
      states.push((await recordOf(other, ctx))?.state);
    }
    // 0.20 USD each: the cap of 0.50 leaves room for one more
    expect(states.sort()).toEqual(["needs_review", "queued"]);
  });
});

describe("a generation that crashes its worker", () => {
  test("is escalated at the third crash, and resubmitted by an operator's decision", async () => {
    const { ctx, account } = await installation(priced);
    const absent: Account = {
      ...account,
      provider: {
        ...account.provider,
        reconcile: [
          { by: "idempotencyKey", lifeMs: { value: 1e9, label: "INFERRED", source: "made up for this test" } },
        ],
        submit: async () => ({ kind: "rejected", failure: { class: "rejected", message: "no such key" } }),
      },
    };
    const here = {
      ...ctx,
      accounts: new Map([["jiekou", absent]]),
      timing: { ...ctx.timing, submitLeaseMs: 200, sendingMs: 400, tickMs: 20 },
    };
    const [id = ""] = await queued(here);
    await using _ = startBackground(here);
    const states: (string | undefined)[] = [];
    for (let crash = 0; crash < 3; crash += 1) {
      await writeIntent(id, here, absent);
      await here.cell.redis.zadd(here.cell.keys.due("submitting", "jiekou"), "XX", 1, id);
      states.push(await resolvedState(id, here));
    }
    expect(states).toEqual(["queued", "queued", "needs_review"]);
    expect(await review(id, { kind: "unsent" }, here)).toEqual({ kind: "settled", state: "queued" });
    expect((await recordOf(id, here))?.crashes).toBeUndefined();
  });

  test("crashes more than three days ago no longer count", () => {
    const hour = 3_600_000;
    const twice = countCrash(countCrash(undefined, 0), hour);
    expect([twice, isPoison(twice)]).toEqual([{ count: 2, atMs: 0 }, false]);
    expect(isPoison(countCrash(twice, 71 * hour))).toBe(true);
    expect(isPoison(countCrash(twice, 73 * hour))).toBe(false);
  });
});

async function installation(config: Partial<AccountConfig>): Promise<{ ctx: Installation; account: Account }> {
  const opened = await testInstallation(scope, { jiekou: { quietMs: 0, ...config } });
  const ctx = { ...opened, queues: { ...opened.queues, add: async () => {}, isIdle: async () => false } };
  const account = ctx.accounts.get("jiekou");
  if (!account) throw new Error("jiekou is not there");
  return { ctx, account };
}

async function queued(ctx: Installation, input: Partial<GenerationInput> = {}): Promise<string[]> {
  const asked = { account: "jiekou", prompt: "a lamp", resolution: "480p", seconds: 4, ...input };
  return (await accept([asked], { tenant: "default" }, ctx)).map((row) => ("id" in row ? row.id : ""));
}

async function writeIntent(id: string, ctx: Installation, account: Account) {
  await admit(account, ctx);
  const dispatchSeq = Number((await recordOf(id, ctx))?.dispatchSeq);
  const written = await beginIntent({ generation: id, dispatchSeq }, ledger.operationToken(), ctx);
  if (written.kind !== "written") throw new Error(written.note);
  return written.intent;
}

async function lostPost(ctx: Installation, account: Account, input: Partial<GenerationInput> = {}): Promise<string> {
  const [id = ""] = await queued(ctx, input);
  const intent = await writeIntent(id, ctx, account);
  await storeResult(intent, { kind: "unknown", message: "reset", evidence: "nothing" }, ctx);
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", account.name), "XX", 1, id);
  return id;
}

/** The state after reconciliation. */
function resolvedState(id: string, ctx: Installation): Promise<string> {
  return eventually(
    async () => {
      const state = (await recordOf(id, ctx))?.state;
      return state !== undefined && !["submitting", "unknown"].includes(state) && state;
    },
    { describe: `${id} is resolved`, timeoutMs: 10_000, everyMs: 20 },
  );
}

async function recordOf(id: string, { cell }: Installation): Promise<ledger.GenerationRecord | undefined> {
  return (await ledger.read(cell, id))?.record;
}
