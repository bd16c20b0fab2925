import * as ledger from "@reelqueue/ledger";
import { sendMove } from "@reelqueue/ledger/testing";
import type { CandidatePage, LostSubmit } from "@reelqueue/providers";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { accept, admit, type Installation } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { testInstallation } from "../test-installation.ts";
import { withReconciliation } from "../test-provider.ts";
import { reconcile } from "./reconcile.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
let id: string;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope, { ark: {} });
  id = await lostPost();
});
afterEach(() => scope.disposeAsync());

test("task list: a POST that became unknown an hour late is searched from the time of its intent", async () => {
  const [before] = await ctx.cell.redis.hmget(ctx.cell.keys.record(id), "born");
  await ctx.cell.redis.hset(ctx.cell.keys.record(id), "at", Number(before) + 3_600_000);
  const searches: LostSubmit[] = [];
  await reconcileWith((lost) => {
    searches.push(lost);
    return { kind: "listed", candidates: [], more: false };
  });
  expect(searches).toHaveLength(1);
  expect(searches[0]?.sinceMs).toBeLessThanOrEqual(Number(before));
});

test("task list: not read to its end → needs_review, not absent", async () => {
  await reconcileWith(() => ({ kind: "listed", candidates: [], more: true }), { quietMs: 0 });
  expect((await ledger.read(ctx.cell, id))?.record.state).toBe("needs_review");
});

test("task list: the provider refuses the account → it is paused, the submit waits", async () => {
  const refused = async () => ({ kind: "blocked", reason: "balance", message: "余额不足" }) as const;
  const provider = withReconciliation(ark().provider, { by: "taskList", candidates: refused });
  expect(await reconcile({ ...ark(), provider }, ctx)).toBe(1);
  expect((await ledger.accountStatus(ctx.cell, "ark")).paused).toBe("balance");
  expect((await ledger.read(ctx.cell, id))?.record.state).toBe("unknown");
});

test("task list: several possible tasks → none is bound; needs_review after the quiet window", async () => {
  const createdAtMs = Date.now();
  const several = ["cgt-1", "cgt-2"].map((taskId) => ({ taskId, createdAtMs, likeness: "possible" as const }));
  await reconcileWith(() => ({ kind: "listed", candidates: several, more: false }));
  expect((await ledger.read(ctx.cell, id))?.record.state).toBe("unknown");
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "ark"), "XX", "1", id);
  await reconcileWith(() => ({ kind: "listed", candidates: several, more: false }), { quietMs: 0 });
  expect((await ledger.read(ctx.cell, id))?.record.state).toBe("needs_review");
});

test("a look-up longer than its lease is not repeated while its process lives", async () => {
  ctx = { ...ctx, timing: { ...ctx.timing, pollLeaseMs: 1_000 } };
  const { promise: answered, resolve: answer } = Promise.withResolvers<CandidatePage>();
  const provider = withReconciliation(ark().provider, { by: "taskList", candidates: () => answered });
  const account = { ...ark(), provider };
  const reconciling = reconcile(account, ctx);
  const ends = new Set<string | null>();
  const due = () => ctx.cell.redis.zscore(ctx.cell.keys.due("unknown", "ark"), id);
  await eventually(async () => ends.add(await due()).size > 8, { describe: "its lease is renewed" });
  expect(await reconcile(account, ctx)).toBe(0);
  answer({ kind: "listed", candidates: [], more: false });
  await reconciling;
  expect((await ledger.read(ctx.cell, id))?.record.absentLookups).toMatchObject({ count: 1 });
  expect(Number(await due()) - Date.now()).toBeGreaterThan(ctx.timing.absencesApartMs / 2);
});

/** A generation of ark whose POST had no certain answer. */
async function lostPost(): Promise<string> {
  const input = { account: "ark", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const quiet = { ...ctx, queues: { ...ctx.queues, add: async () => {} } };
  const [row] = await accept([input], { tenant: "default" }, quiet);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  await admit(ark(), quiet);
  const dispatchSeq = (await ledger.read(ctx.cell, row.id))?.record.dispatchSeq ?? 0;
  const written = await beginIntent({ generation: row.id, dispatchSeq }, ledger.operationToken(), ctx);
  if (written.kind !== "written") throw new Error(written.note);
  const due = { lane: "unknown", inMs: 0 } as const;
  await sendMove(ctx.cell, { id: row.id, from: ["submitting"], to: "unknown", token: ledger.operationToken(), due });
  return row.id;
}

async function reconcileWith(list: (lost: LostSubmit) => CandidatePage, change: Partial<Account> = {}): Promise<void> {
  const account = { ...ark(), ...change };
  const provider = withReconciliation(account.provider, { by: "taskList", candidates: async (lost) => list(lost) });
  expect(await reconcile({ ...account, provider }, ctx)).toBe(1);
}

function ark(): Account {
  const account = ctx.accounts.get("ark");
  if (!account) throw new Error("ark is not there");
  return account;
}
