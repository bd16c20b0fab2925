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

test("a POST that takes longer than its lease stays its submitter's for as long as that lives", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<SubmitResult>();
  const slow = withProvider((provider) => ({ ...provider, submit: () => answered }));
  await using _ = startBackground(slow);
  const handOver = await granted();
  const submitting = submit(handOver, slow);
  const ends = new Set<string>();
  await eventually(async () => ends.add(`${await leaseEndOf(handOver.generation)}`).size > 8, {
    describe: "the lease was renewed for longer than it lasts, twice",
  });
  expect(await look(handOver.generation)).toMatchObject({ state: "submitting" });
  answer({ kind: "accepted", taskId: "task-1" });
  await submitting;
  expect(await look(handOver.generation)).toMatchObject({ state: "running", taskId: "task-1" });
});

test("the POST of a dead submitter is looked for once its lease is over, but its absence proves nothing while the POST could still be on its way", async () => {
  const searched = withProvider((provider) =>
    withReconciliation(provider, { by: "clientId", lookup: async () => ({ kind: "absent", message: "none" }) }),
  );
  const { generation: id, dispatchSeq } = await granted();
  await beginIntent({ generation: id, dispatchSeq }, ledger.operationToken(), ctx);
  const intentAt = Number((await look(id))?.stateChangedAtMs);
  await using _ = startBackground(searched);
  await eventually(async () => (await look(id))?.absentLookups?.count === 3, {
    describe: "it was looked for three times",
  });
  expect(await look(id)).toMatchObject({ state: "unknown", quietFromMs: intentAt + timing.sendingMs });
  await ledger.updateFields(ctx.cell, id, { quietFromMs: 1 });
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "toapis"), "XX", 1, id);
  await eventually(async () => (await look(id))?.state === "queued", { describe: "its absence is proven" });
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
  return { generation: row.id, dispatchSeq: Number((await look(row.id))?.dispatchSeq) };
}

const look = async (id: string) => (await ledger.read(ctx.cell, id))?.record;
const leaseEndOf = (id: string) => ctx.cell.redis.zscore(ctx.cell.keys.due("submitting", "toapis"), id);
