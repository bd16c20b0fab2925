import * as ledger from "@reelqueue/ledger";
import type { Provider, SubmitResult } from "@reelqueue/providers";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept, admit, type Installation, submit } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { startBackground, testInstallation } from "../test-installation.ts";
import { withReconciliation } from "../test-provider.ts";

const timing = { submitLeaseMs: 900, sendingMs: 60_000, absencesApartMs: 1, tickMs: 30 };
let scope: AsyncDisposableStack;
let ctx: Installation;

beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const opened = await testInstallation(scope, { toapis: { timeScale: 100, quietMs: 0 } });
  ctx = { ...opened, timing: { ...opened.timing, ...timing }, queues: { ...opened.queues, add: async () => {} } };
});
afterEach(async () => {
  expect(await ledger.audit(ctx.cell)).toEqual([]);
  await scope.disposeAsync();
});

test("a POST longer than its lease stays with its live submitter", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<SubmitResult>();
  const slow = withProvider((provider) => ({ ...provider, submit: () => answered }));
  await using _ = startBackground(slow);
  const job = await granted();
  const submitting = submit(job, slow);
  const ends = new Set<string>();
  await eventually(async () => ends.add(`${await leaseEndOf(job.generation)}`).size > 8, {
    describe: "the lease is renewed for more than twice its length",
  });
  expect(await recordOf(job.generation)).toMatchObject({ state: "submitting" });
  answer({ kind: "accepted", taskId: "task-1" });
  await submitting;
  expect(await recordOf(job.generation)).toMatchObject({ state: "running", taskId: "task-1" });
});

test("the POST of a dead submitter is reconciled after its lease, but proven absent only once it can no longer arrive", async () => {
  const absent = withProvider((provider) =>
    withReconciliation(provider, { by: "clientId", lookup: async () => ({ kind: "absent", message: "none" }) }),
  );
  const { generation: id, dispatchSeq } = await granted();
  await beginIntent({ generation: id, dispatchSeq }, ledger.operationToken(), ctx);
  const intentAt = Number((await recordOf(id))?.stateChangedAtMs);
  await using _ = startBackground(absent);
  await eventually(async () => (await recordOf(id))?.absentLookups?.count === 3, {
    describe: "three look-ups are absent",
  });
  expect(await recordOf(id)).toMatchObject({ state: "unknown", quietFromMs: intentAt + timing.sendingMs });
  await ledger.updateFields(ctx.cell, id, { quietFromMs: 1 });
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "toapis"), "XX", 1, id);
  await eventually(async () => (await recordOf(id))?.state === "queued", { describe: "its absence is proven" });
});

function withProvider(change: (provider: Provider) => Provider): Installation {
  const toapis = ctx.accounts.get("toapis");
  if (!toapis) throw new Error("toapis is not there");
  return { ...ctx, accounts: new Map([["toapis", { ...toapis, provider: change(toapis.provider) }]]) };
}

async function granted(): Promise<{ generation: string; dispatchSeq: number }> {
  const input = { account: "toapis", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, ctx);
  const account = ctx.accounts.get("toapis");
  if (row?.kind !== "accepted" || !account) throw new Error(JSON.stringify(row));
  await admit(account, ctx);
  return { generation: row.id, dispatchSeq: Number((await recordOf(row.id))?.dispatchSeq) };
}

const recordOf = async (id: string) => (await ledger.read(ctx.cell, id))?.record;
const leaseEndOf = (id: string) => ctx.cell.redis.zscore(ctx.cell.keys.due("submitting", "toapis"), id);
