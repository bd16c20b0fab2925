import type { JobRef } from "@reelqueue/contracts";
import { EgressError, type EgressRequest } from "@reelqueue/egress";
import * as ledger from "@reelqueue/ledger";
import { cutOffReplica, replayMoves, takeOver } from "@reelqueue/ledger/testing";
import type { SubmitResult } from "@reelqueue/providers";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { accept, admit, type Installation, submit } from "../index.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import { testInstallation } from "../test-installation.ts";
import { beginIntent, type Intent } from "./intent.ts";
import { post } from "./post.ts";

/** No POST starts for an account that is paused or throttled. */
let scope: AsyncDisposableStack;
let ctx: Installation;
let posts: number;
let answer: SubmitResult | Promise<SubmitResult>;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = withStub(await testInstallation(scope));
  posts = 0;
  answer = { kind: "unknown", message: "reset", evidence: "nothing" };
});
afterEach(async () => {
  expect(await ledger.audit(ctx.cell)).toEqual([]);
  await scope.disposeAsync();
});

const gates: [string, () => Promise<void>][] = [
  ["paused", () => ledger.pause(ctx.cell, "hiapi", "by hand")],
  ["throttled", () => ledger.throttle(ctx.cell, "hiapi", 60_000)],
];

test.each(gates)("a granted generation of an account that is %s since is not sent", async (why, close) => {
  const job = await granted();
  await close();
  expect(await submit(job, ctx)).toEqual({ kind: "done", note: `given back: account ${why}` });
  expect(posts).toBe(0);
  expect(await ctx.metrics.text()).toContain(`submits_given_back_total{account="hiapi",why="${why}"} 1`);
  await ledger.resume(ctx.cell, "hiapi");
  await submit(await grant(job.generation, ctx), ctx);
  expect(posts).toBe(1);
});

test.each(gates)("a lost POST is not repeated under its key while the account is %s", async (_, close) => {
  const job = await lost();
  await close();
  await reconcileNow(job.generation);
  expect(posts).toBe(1);
  expect((await ledger.read(ctx.cell, job.generation))?.record.state).toBe("unknown");
  await ledger.resume(ctx.cell, "hiapi");
  answer = { kind: "accepted", taskId: "task-1" };
  await reconcileNow(job.generation);
  expect(posts).toBe(2);
  expect((await ledger.read(ctx.cell, job.generation))?.record).toMatchObject({ state: "running", taskId: "task-1" });
});

test("POST, pause, failover that loses the intent: it is restored, and nothing is sent again", async () => {
  const job = await granted();
  const replica = await cutOffReplica(ctx.cell);
  const answered = Promise.withResolvers<SubmitResult>();
  answer = answered.promise;
  const submitting = submit(job, ctx);
  await eventually(async () => posts === 1, { describe: "the POST is under way" });
  await ledger.pause(ctx.cell, "hiapi", "by hand");
  await takeOver(ctx.cell, replica);
  await ledger.pause(ctx.cell, "hiapi", "by hand");
  expect(await replayMoves(ctx.cell)).toBe(1);
  answered.resolve({ kind: "accepted", taskId: "task-1" });
  expect(await submitting).toEqual({ kind: "done", note: "task-1" });
  await ledger.resume(ctx.cell, "hiapi");
  expect(await submit(job, ctx)).toMatchObject({ note: "nothing to do: it is running under another dispatch" });
  expect((await admit(hiapi(), ctx)).grants).toEqual([]);
  expect(posts).toBe(1);
  expect(await ledger.orphans(ctx.cell)).toEqual([]);
});

test("a repeated POST that is answered 429 throttles its account", async () => {
  const job = await lost();
  const other = await granted();
  answer = { kind: "throttled", message: "429", retryAfterMs: 30_000 };
  await reconcileNow(job.generation);
  expect(await submit(other, ctx)).toMatchObject({ note: "given back: account throttled" });
  expect(posts).toBe(2);
});

test("post: the time to send it counts from the check of the account; after it nothing is sent", async () => {
  const requests: EgressRequest[] = [];
  const real = await testInstallation(scope);
  const request = async (each: EgressRequest): Promise<never> => {
    requests.push(each);
    throw new EgressError("aborted", "no connection", { sent: false, code: "NOT_IN_TIME" });
  };
  const here = { ...real, http: { ...real.http, request } };
  const intent = await started(here);
  expect(await post(intent, performance.now() - here.timing.startBudgetMs, here)).toMatchObject({ kind: "unsent" });
  expect(requests).toHaveLength(0);
  expect(await post(intent, performance.now() - 300, here)).toMatchObject({ kind: "unsent" });
  expect(requests).toHaveLength(1);
  expect(requests[0]?.sendWithinMs).toBeLessThanOrEqual(here.timing.startBudgetMs - 300);
});

test("post: a file that takes longer to read than the POST has to start is not sent", async () => {
  const real = await testInstallation(scope);
  let requests = 0;
  const request = async (): Promise<never> => {
    requests += 1;
    throw new EgressError("broken", "reset", { sent: true, code: "ECONNRESET" });
  };
  const here = { ...real, http: { ...real.http, request }, timing: { ...real.timing, startBudgetMs: 50 } };
  const intent = await started(here);
  const provider: Account["provider"] = {
    ...intent.account.provider,
    submit: async (given, call) => {
      const startedAt = performance.now();
      while (performance.now() - startedAt < 60) await new Promise(setImmediate);
      return intent.account.provider.submit(given, call);
    },
  };
  const slow = { ...intent, account: { ...intent.account, provider } };
  expect(await post(slow, performance.now(), here)).toMatchObject({ kind: "unsent" });
  expect(requests).toBe(0);
});

/** With a provider that counts its POSTs and gives each the same answer. */
function withStub(it: Installation): Installation {
  const account = it.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  const provider: Account["provider"] = {
    ...account.provider,
    submit: async () => {
      posts += 1;
      return answer;
    },
  };
  const queues = { ...it.queues, add: async () => {} };
  return { ...it, queues, accounts: new Map([["hiapi", { ...account, provider }]]) };
}

function hiapi(): Account {
  const account = ctx.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  return account;
}

async function granted(it: Installation = ctx): Promise<JobRef> {
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, { ...it, queues: ctx.queues });
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  return grant(row.id, it);
}

async function grant(id: string, it: Installation): Promise<JobRef> {
  await admit(hiapi(), { ...it, queues: ctx.queues });
  const { record } = (await ledger.read(it.cell, id)) ?? {};
  expect(record?.lane).toBe("granted");
  return { generation: id, dispatchSeq: record?.dispatchSeq ?? 0 };
}

async function started(it: Installation): Promise<Intent> {
  const written = await beginIntent(await granted(it), ledger.operationToken(), it);
  if (written.kind !== "written") throw new Error(written.note);
  return written.intent;
}

/** A generation whose POST had no certain answer. */
async function lost(): Promise<JobRef> {
  const job = await granted();
  await submit(job, ctx);
  expect(posts).toBe(1);
  return job;
}

async function reconcileNow(id: string): Promise<void> {
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "hiapi"), "XX", "1", id);
  expect(await reconcile(hiapi(), ctx)).toBe(1);
}
