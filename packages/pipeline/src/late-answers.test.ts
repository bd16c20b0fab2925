import * as ledger from "@reelqueue/ledger";
import { sendMove } from "@reelqueue/ledger/testing";
import type { PollResult, SubmitResult } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callbackToken } from "./callback-token.ts";
import { accept, admit, callback, type Installation, submit } from "./index.ts";
import { applyDecision } from "./poll/apply.ts";
import { evaluatePoll, type PolledTask } from "./poll/evaluate.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { watchReviews } from "./reconcile/watch-review.ts";
import type { Intent } from "./submit/intent.ts";
import { beginIntent } from "./submit/intent.ts";
import { bind, storeResult } from "./submit/outcome.ts";
import { testInstallation } from "./test-installation.ts";

/** Workers that stood still, answers that came twice: whoever comes late meets nothing but its own. */
let scope: AsyncDisposableStack;
let ctx: Installation;

beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope, { hiapi: { chargesFailures: false, timeScale: 100 } });
});
afterEach(async () => {
  expect(await ledger.audit(ctx.cell)).toEqual([]);
  await scope.disposeAsync();
});

const throttled: SubmitResult = { kind: "throttled", message: "429", retryAfterMs: 0 };
const lost: SubmitResult = { kind: "unknown", message: "reset", evidence: "nothing" };

test.each<SubmitResult>([
  throttled,
  { kind: "unsent", message: "refused" },
  { kind: "rejected", failure: { class: "rejected", message: "no" } },
  lost,
])("a worker whose answer ($kind) is written twice does not take the next worker's intent away", async (answer) => {
  const id = await queued();
  const first = await intend(id);
  await storeResult(first, throttled, ctx);
  const second = await intend(id);
  await storeResult(first, answer, ctx);
  expect(await look(id)).toMatchObject({ state: "submitting", token: second.token });
  await bind(second, "task-2", ctx);
  expect(await look(id)).toMatchObject({ state: "running", taskId: "task-2" });
});

test("a paid task that comes to light after its generation has moved on is among the orphans, once", async () => {
  const id = await queued();
  const first = await intend(id);
  await sendMove(ctx.cell, { id, from: ["submitting"], to: "queued", token: "another", due: { lane: "backlog" } });
  await bind(first, "late-task", ctx);
  await bind(first, "late-task", ctx);
  expect(await look(id)).toMatchObject({ state: "queued" });
  expect(await ledger.orphans(ctx.cell)).toMatchObject([{ task: "late-task", generation: id, account: "hiapi" }]);
});

test("an answer about an earlier task does not touch the attempt that runs now", async () => {
  const id = await queued();
  await bind(await intend(id), "task-1", ctx);
  const task: PolledTask = { id, taskId: "task-1", lane: "poll" as const, runTimeClass: "c", stateChangedAtMs: 0 };
  const failed = { kind: "failed", failure: { class: "upstream", message: "gpu lost" } } as const;
  await writeAnswer(task, failed);
  await ripe(id);
  await bind(await intend(id), "task-2", ctx);
  await writeAnswer(task, failed);
  await writeAnswer(task, { kind: "succeeded", outputs: [] });
  await writeAnswer(task, { kind: "canceled" });
  expect(await look(id)).toMatchObject({ state: "running", taskId: "task-2", attempt: 2, previousTaskIds: ["task-1"] });
});

test("a resolver that stood still does not send again what another one has sent already", async () => {
  const id = await queued();
  await storeResult(await intend(id), lost, ctx);
  await due(id);
  const provider = ctx.accounts.get("hiapi")?.provider;
  if (!provider) throw new Error("hiapi is not there");
  let meanwhile = async (): Promise<void> => {};
  const account = {
    ...ctx.accounts.get("hiapi"),
    provider: {
      ...provider,
      submit: async (): Promise<SubmitResult> => {
        await meanwhile();
        return { kind: "rejected", failure: { class: "rejected", message: "no" } };
      },
    },
  } as typeof ctx.accounts extends ReadonlyMap<string, infer Account> ? Account : never;
  // While this one waits for its answer, another resolver proves absence and another worker sends and loses its answer too.
  meanwhile = async () => {
    const record = await look(id);
    await sendMove(ctx.cell, {
      id,
      from: ["unknown"],
      to: "queued",
      token: ledger.operationToken(),
      expect: { token: record?.token ?? "" },
      due: { lane: "backlog" },
    });
    await storeResult(await intend(id), lost, ctx);
  };
  await reconcile({ ...account, quietMs: 0 }, ctx);
  expect(await look(id)).toMatchObject({ state: "unknown" });
});

test("a refusal proves nothing before the quiet window is over", async () => {
  const id = await queued();
  await storeResult(await intend(id), lost, ctx);
  await due(id);
  const known = ctx.accounts.get("hiapi");
  if (!known) throw new Error("hiapi is not there");
  const refused: SubmitResult = { kind: "rejected", failure: { class: "rejected", message: "no" } };
  await reconcile({ ...known, provider: { ...known.provider, submit: async () => refused } }, ctx);
  expect(await look(id)).toMatchObject({ state: "unknown" });
});

test("a provider that says nothing usable for a day leaves the question to a person", async () => {
  const id = await queued();
  await storeResult(await intend(id), lost, ctx);
  await due(id);
  const known = ctx.accounts.get("hiapi");
  if (!known) throw new Error("hiapi is not there");
  const mute = { ...known, provider: { ...known.provider, submit: async () => lost } };
  await reconcile(mute, ctx);
  expect(await look(id)).toMatchObject({ state: "unknown" });
  await due(id);
  await reconcile(mute, soon({ reconcileForMs: 0 }));
  expect(await look(id)).toMatchObject({ state: "needs_review" });
});

test("a callback of an earlier attempt does not pass for the one that is lost", async () => {
  const id = await queued();
  await bind(await intend(id), "task-1", ctx);
  const task: PolledTask = { id, taskId: "task-1", lane: "poll" as const, runTimeClass: "c", stateChangedAtMs: 0 };
  const failed = { kind: "failed", failure: { class: "upstream", message: "gpu lost" } } as const;
  await writeAnswer(task, failed);
  await ripe(id);
  await storeResult(await intend(id), lost, ctx);
  await callsBack(id, 1, "task-1");
  expect((await look(id))?.callbackTaskId).toBeUndefined();
  await callsBack(id, 1, "task-1b");
  expect((await look(id))?.callbackTaskId).toBeUndefined();
  expect(await ledger.orphans(ctx.cell)).toMatchObject([{ task: "task-1b", generation: id }]);
  await callsBack(id, 2, "task-2");
  expect((await look(id))?.callbackTaskId).toBe("task-2");
});

test("a callback that comes after a person was asked settles it, where the provider knows the task", async () => {
  const id = await queued();
  await storeResult(await intend(id), lost, ctx);
  await due(id);
  const known = ctx.accounts.get("hiapi");
  if (!known) throw new Error("hiapi is not there");
  await reconcile({ ...known, provider: { ...known.provider, submit: async () => lost } }, soon({ reconcileForMs: 0 }));
  expect(await look(id)).toMatchObject({ state: "needs_review" });
  await callsBack(id, 1, "task-1");
  const poll = async (): Promise<PollResult> => ({
    kind: "pending",
    phase: "running",
    status: "handling",
    known: true,
  });
  await watchReviews({ ...known, provider: { ...known.provider, poll } }, ctx);
  expect(await look(id)).toMatchObject({ state: "running", taskId: "task-1" });
});

test("a callback names a task of a generation that waits: nothing is sent, the task is looked into", async () => {
  const id = await queued();
  await storeResult(await intend(id), throttled, ctx);
  await callsBack(id, 1, "task-1");
  const { grants } = await grant(id);
  const verdict = await submit(grants, ctx);
  expect(verdict).toMatchObject({ kind: "done", note: expect.stringContaining("unknown") });
  expect(await look(id)).toMatchObject({ state: "unknown", callbackTaskId: "task-1" });
});

function soon(timing: Partial<Installation["timing"]>): Installation {
  return { ...ctx, timing: { ...ctx.timing, ...timing } };
}

async function queued(): Promise<string> {
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept(
    [input],
    { tenant: "default" },
    { ...ctx, queues: { ...ctx.queues, add: async () => {} } },
  );
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  return row.id;
}

/** Grants it where that has not happened yet. */
async function grant(id: string): Promise<{ grants: { generation: string; dispatchSeq: number } }> {
  const account = ctx.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  await ledger.resume(ctx.cell, "hiapi");
  await admit(account, { ...ctx, queues: { ...ctx.queues, add: async () => {} } });
  return { grants: { generation: id, dispatchSeq: Number((await look(id))?.dispatchSeq) } };
}

async function intend(id: string): Promise<Intent> {
  const { grants } = await grant(id);
  const begun = await beginIntent(grants, ledger.operationToken(), ctx);
  if (begun.kind !== "begun") throw new Error(begun.note);
  return begun.intent;
}

async function look(id: string): Promise<ledger.GenerationRecord | undefined> {
  return (await ledger.read(ctx.cell, id))?.record;
}

async function writeAnswer(task: PolledTask, result: PollResult): Promise<void> {
  const account = ctx.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  const decision = evaluatePoll(task, result, Date.now(), account, ctx);
  await applyDecision({ ...task, lease: "0" }, decision, account, ctx);
}

/** Ends its backoff. */
async function ripe(id: string): Promise<void> {
  await ctx.cell.redis.zadd(ctx.cell.keys.due("backoff", "hiapi"), "XX", 1, id);
  await ledger.promoteDelayed(ctx.cell, "hiapi", 10);
}

async function due(id: string): Promise<void> {
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "hiapi"), "XX", 1, id);
}

async function callsBack(id: string, attempt: number, taskId: string): Promise<void> {
  const token = callbackToken(ctx.secrets.callbackKey, id, attempt);
  const raw = Buffer.from(JSON.stringify({ taskId, status: "success" }));
  expect(await callback({ account: "hiapi", token, raw, headers: {} }, ctx)).toEqual({ kind: "heard" });
}
