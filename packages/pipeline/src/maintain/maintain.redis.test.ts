import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { accept, type Installation } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { storeResult } from "../submit/outcome.ts";
import { startBackground, testInstallation } from "../test-installation.ts";
import { redispatch } from "./redispatch.ts";

test("a generation that cannot be read does not stop the recovery of others", async () => {
  await using scope = new AsyncDisposableStack();
  const ctx = withoutJobs(await testInstallation(scope, { jiekou: { quietMs: 0 } }));
  const [unreadable = "", lost = "", waiting = ""] = await queued(3, ctx);
  for (const id of [unreadable, lost]) await loseAnswer(id, ctx);
  await ctx.cell.redis.set(ctx.cell.keys.request(unreadable), '9{"a":"newer form"}');
  for (const id of [unreadable, lost]) await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "jiekou"), 1, id);
  await ctx.cell.redis.zadd(ctx.cell.keys.due("granted", "jiekou"), 1, waiting);
  const before = await dispatchSeqOf(waiting, ctx);
  await using _ = startBackground(ctx);
  await eventually(async () => (await ledger.read(ctx.cell, lost))?.record.state === "needs_review", {
    describe: "the other one is resolved",
  });
  await eventually(async () => (await dispatchSeqOf(waiting, ctx)) > before, { describe: "the third is redispatched" });
  expect(await ctx.cell.redis.hget(ctx.cell.keys.record(unreadable), "state")).toBe("unknown");
});

test("a provider that hangs during reconciliation delays no other account", async () => {
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
  const background = startBackground({ ...ctx, accounts });
  await asked.promise;
  const [waiting = ""] = await queued(1, ctx);
  const before = await dispatchSeqOf(waiting, ctx);
  await ctx.cell.redis.zadd(ctx.cell.keys.due("granted", "jiekou"), 1, waiting);
  await eventually(async () => (await dispatchSeqOf(waiting, ctx)) > before, { describe: "it is redispatched" });
  answered.reject(new Error("gave up"));
  await background[Symbol.asyncDispose]();
});

test("a job that fails at once is redispatched once per lease, not in every tick", async () => {
  await using scope = new AsyncDisposableStack();
  const ctx = withoutJobs(await testInstallation(scope));
  const [id = ""] = await queued(1, ctx);
  const before = await dispatchSeqOf(id, ctx);
  for (let tick = 0; tick < 10; tick += 1) await redispatch(ctx);
  expect(await dispatchSeqOf(id, ctx)).toBe(before + 1);
});

/** A BullMQ that loses every job at once. */
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
  const written = await beginIntent(
    { generation: id, dispatchSeq: await dispatchSeqOf(id, ctx) },
    ledger.operationToken(),
    ctx,
  );
  if (written.kind !== "written") throw new Error(written.note);
  await storeResult(written.intent, { kind: "unknown", message: "reset", evidence: "nothing" }, ctx);
}

async function dispatchSeqOf(id: string, { cell }: Installation): Promise<number> {
  return Number(await cell.redis.hget(cell.keys.record(id), "n"));
}
