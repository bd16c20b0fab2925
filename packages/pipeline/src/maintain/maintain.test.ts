import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { accept, type Installation } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { storeResult } from "../submit/outcome.ts";
import { startBackground, testInstallation } from "../test-installation.ts";
import { redispatch } from "./redispatch.ts";

test("a generation that this process cannot read keeps no other from being recovered", async () => {
  await using scope = new AsyncDisposableStack();
  const ctx = withoutJobs(await testInstallation(scope, { jiekou: { quietMs: 0 } }));
  const [strange = "", lost = "", waiting = ""] = await queued(3, ctx);
  for (const id of [strange, lost]) await loseAnswer(id, ctx);
  await ctx.cell.redis.set(ctx.cell.keys.request(strange), '9{"a":"newer form"}');
  for (const id of [strange, lost]) await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "jiekou"), 1, id);
  await ctx.cell.redis.zadd(ctx.cell.keys.due("granted", "jiekou"), 1, waiting);
  const before = await nOf(waiting, ctx);
  await using _ = startBackground(ctx);
  await eventually(async () => (await ledger.read(ctx.cell, lost))?.record.state === "needs_review", {
    describe: "the other one is settled",
  });
  await eventually(async () => (await nOf(waiting, ctx)) > before, { describe: "the third is handed over again" });
  expect(await ctx.cell.redis.hget(ctx.cell.keys.record(strange), "state")).toBe("unknown");
});

test("a provider that hangs while it is asked about a lost POST keeps nobody else waiting", async () => {
  await using scope = new AsyncDisposableStack();
  const ctx = withoutJobs(await testInstallation(scope, { hiapi: { timeScale: 100 } }));
  const hiapi = ctx.accounts.get("hiapi");
  if (!hiapi) throw new Error("hiapi is not there");
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<never>();
  const submit = () => {
    asked.resolve();
    return answered.promise;
  };
  const accounts = new Map([...ctx.accounts, ["hiapi", { ...hiapi, provider: { ...hiapi.provider, submit } }]]);
  const [lost = ""] = await queued(1, ctx, "hiapi");
  await loseAnswer(lost, ctx);
  const recovery = startBackground({ ...ctx, accounts });
  await asked.promise;
  const [waiting = ""] = await queued(1, ctx);
  const before = await nOf(waiting, ctx);
  await ctx.cell.redis.zadd(ctx.cell.keys.due("granted", "jiekou"), 1, waiting);
  await eventually(async () => (await nOf(waiting, ctx)) > before, { describe: "it is handed over again" });
  answered.reject(new Error("gave up"));
  await recovery[Symbol.asyncDispose]();
});

test("a job that fails at once is handed over again once in a lease, not in every turn", async () => {
  await using scope = new AsyncDisposableStack();
  const ctx = withoutJobs(await testInstallation(scope));
  const [id = ""] = await queued(1, ctx);
  const before = await nOf(id, ctx);
  for (let turn = 0; turn < 10; turn += 1) await redispatch(ctx);
  expect(await nOf(id, ctx)).toBe(before + 1);
});

/** BullMQ in which nothing stays: what is added is gone at once. */
function withoutJobs(ctx: Installation): Installation {
  return { ...ctx, queues: { ...ctx.queues, add: async () => {}, isIdle: async () => true } };
}

async function queued(count: number, ctx: Installation, account = "jiekou"): Promise<string[]> {
  const input = { account, prompt: "a lamp", resolution: "480p", seconds: 4 };
  const rows = await accept(
    Array.from({ length: count }, () => input),
    { tenant: "default" },
    ctx,
  );
  return rows.map((row) => (row.kind === "accepted" ? row.id : ""));
}

async function loseAnswer(id: string, ctx: Installation): Promise<void> {
  const begun = await beginIntent({ generation: id, dispatchSeq: await nOf(id, ctx) }, ledger.operationToken(), ctx);
  if (begun.kind !== "begun") throw new Error(begun.note);
  await storeResult(begun.intent, { kind: "unknown", message: "reset", evidence: "nothing" }, ctx);
}

async function nOf(id: string, { cell }: Installation): Promise<number> {
  return Number(await cell.redis.hget(cell.keys.record(id), "n"));
}
