import type { AccountConfig, GenerationInput } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { accept, admit, type Installation } from "../index.ts";
import { startMaintenance } from "../maintain/maintain.ts";
import { review } from "../operate/review.ts";
import { beginIntent } from "../submit/intent.ts";
import { storeResult } from "../submit/outcome.ts";
import { testInstallation } from "../test-installation.ts";
import { countCrash, isPoison } from "./decide.ts";
import { reconcile } from "./reconcile.ts";

/** What becomes of a POST whose fate nobody can find out. */
let scope: AsyncDisposableStack;
beforeEach(() => {
  scope = new AsyncDisposableStack();
});
afterEach(() => scope.disposeAsync());

const priced = { pricesPerSecond: { "seedance-2.0/480p": 0.05 } };

describe("at a provider that offers no way to find out", () => {
  test.each<[string, Partial<AccountConfig>, Partial<GenerationInput>, string]>([
    ["a person decides where nobody said otherwise", priced, {}, "needs_review"],
    ["it is sent anew where the account says so", { ...priced, onUnknown: "resubmit" }, {}, "queued"],
    ["it is sent anew where the customer says so", priced, { onUnknown: "resubmit" }, "queued"],
    [
      "a person decides where the customer says so",
      { ...priced, onUnknown: "resubmit" },
      { onUnknown: "review" },
      "needs_review",
    ],
    [
      "a person decides beyond the cap of the day",
      { ...priced, onUnknown: "resubmit", resubmitUsdPerDay: 0.1 },
      {},
      "needs_review",
    ],
    ["a person decides where nobody knows the price", { onUnknown: "resubmit" }, {}, "needs_review"],
    [
      "a person decides once its attempts are used up",
      { ...priced, onUnknown: "resubmit" },
      { maxAttempts: 1 },
      "needs_review",
    ],
  ])("%s", async (_, config, input, state) => {
    const { deps, account } = await installation(config);
    const id = await lostPost(deps, account, input);
    await reconcile(account, deps);
    expect((await look(id, deps))?.state).toBe(state);
    expect(await ledger.audit(deps.cell)).toEqual([]);
  });

  test("nobody is asked, and nobody's word that it was never sent is taken, while its task may yet appear", async () => {
    const { deps, account } = await installation(priced);
    const id = await lostPost(deps, account);
    await reconcile({ ...account, quietMs: 60_000 }, deps);
    expect(await look(id, deps)).toMatchObject({ state: "unknown" });
    expect(await review(id, { kind: "unsent" }, deps)).toEqual({ kind: "conflict", state: "unknown" });
    await deps.cell.redis.zadd(deps.cell.keys.due("unknown", "jiekou"), "XX", 1, id);
    await reconcile(account, deps);
    expect(await look(id, deps)).toMatchObject({ state: "needs_review" });
    expect(await review(id, { kind: "unsent" }, deps)).toEqual({ kind: "settled", state: "queued" });
  });

  test("what is sent anew is another attempt, and the first one counts as paid", async () => {
    const { deps, account } = await installation({ ...priced, onUnknown: "resubmit", resubmitUsdPerDay: 0.5 });
    const id = await lostPost(deps, account);
    const estimateMicroUsd = (await look(id, deps))?.estimateMicroUsd ?? 0;
    await reconcile(account, deps);
    expect(await look(id, deps)).toMatchObject({ attempt: 2, settledMicroUsd: estimateMicroUsd, lane: "backlog" });
    expect((await ledger.accountStatus(deps.cell, account.name)).spentTodayMicroUsd).toBe(estimateMicroUsd);
    const states = [];
    for (const other of [await lostPost(deps, account), await lostPost(deps, account)]) {
      await reconcile(account, deps);
      states.push((await look(other, deps))?.state);
    }
    // 0.20 USD each: the cap of 0.50 leaves room for one more
    expect(states.sort()).toEqual(["needs_review", "queued"]);
  });
});

describe("a generation whose worker dies with it", () => {
  test("is given to a person at the third time, and is sent again on that person's word", async () => {
    const { deps, account } = await installation(priced);
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
      ...deps,
      accounts: new Map([["jiekou", absent]]),
      timing: { ...deps.timing, submitLeaseMs: 200, sendingMs: 400, tickMs: 20 },
    };
    const [id = ""] = await queued(here);
    await using _ = startMaintenance(here, () => {}, { retentionMs: 1e9 });
    const states: (string | undefined)[] = [];
    for (let death = 0; death < 3; death += 1) {
      await intend(id, here, absent);
      await here.cell.redis.zadd(here.cell.keys.due("submitting", "jiekou"), "XX", 1, id);
      states.push(await settled(id, here));
    }
    expect(states).toEqual(["queued", "queued", "needs_review"]);
    expect(await review(id, { kind: "unsent" }, here)).toEqual({ kind: "settled", state: "queued" });
    expect((await look(id, here))?.crashes).toBeUndefined();
  });

  test("is no longer suspected of what happened more than three days ago", () => {
    const hour = 3_600_000;
    const twice = countCrash(countCrash(undefined, 0), hour);
    expect([twice, isPoison(twice)]).toEqual([{ count: 2, atMs: 0 }, false]);
    expect(isPoison(countCrash(twice, 71 * hour))).toBe(true);
    expect(isPoison(countCrash(twice, 73 * hour))).toBe(false);
  });
});

async function installation(config: Partial<AccountConfig>): Promise<{ deps: Installation; account: Account }> {
  const opened = await testInstallation(scope, { jiekou: { quietMs: 0, ...config } });
  const deps = { ...opened, queues: { ...opened.queues, add: async () => {}, isIdle: async () => false } };
  const account = deps.accounts.get("jiekou");
  if (!account) throw new Error("jiekou is not there");
  return { deps, account };
}

async function queued(deps: Installation, input: Partial<GenerationInput> = {}): Promise<string[]> {
  const asked = { account: "jiekou", prompt: "a lamp", resolution: "480p", seconds: 4, ...input };
  return (await accept([asked], { tenant: "default" }, deps)).map((row) => ("id" in row ? row.id : ""));
}

async function intend(id: string, deps: Installation, account: Account) {
  await admit(account, deps);
  const n = Number((await look(id, deps))?.dispatchSeq);
  const begun = await beginIntent({ generation: id, n }, ledger.operationToken(), deps);
  if (begun.kind !== "begun") throw new Error(begun.note);
  return begun.intent;
}

async function lostPost(deps: Installation, account: Account, input: Partial<GenerationInput> = {}): Promise<string> {
  const [id = ""] = await queued(deps, input);
  const intent = await intend(id, deps, account);
  await storeResult(intent, { kind: "unknown", message: "reset", evidence: "nothing" }, deps);
  await deps.cell.redis.zadd(deps.cell.keys.due("unknown", account.name), "XX", 1, id);
  return id;
}

/** The state that it comes to once recovery is through with it. */
function settled(id: string, deps: Installation): Promise<string> {
  return eventually(
    async () => {
      const state = (await look(id, deps))?.state;
      return state !== undefined && !["submitting", "unknown"].includes(state) && state;
    },
    { describe: `${id} is settled`, timeoutMs: 10_000, everyMs: 20 },
  );
}

async function look(id: string, { cell }: Installation): Promise<ledger.GenerationRecord | undefined> {
  return (await ledger.read(cell, id))?.record;
}
