import * as ledger from "@reelqueue/ledger";
import { sendMove } from "@reelqueue/ledger/testing";
import type { PollResult, SubmitResult } from "@reelqueue/providers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callbackToken } from "./callback-url.ts";
import { accept, admit, callback, type Installation, submit } from "./index.ts";
import { applyDecision } from "./poll/apply.ts";
import { evaluatePoll, type PolledTask } from "./poll/evaluate.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { watchReviews } from "./reconcile/watch-review.ts";
import type { Intent } from "./submit/intent.ts";
import { beginIntent } from "./submit/intent.ts";
import { bind, storeResult } from "./submit/outcome.ts";
import { testInstallation } from "./test-installation.ts";

/** Late and repeated answers change only what they belong to. */
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
const unsent: SubmitResult = { kind: "unsent", message: "stood still" };
const lost: SubmitResult = { kind: "unknown", message: "reset", evidence: "nothing" };

test.each<SubmitResult>([
  throttled,
  { kind: "unsent", message: "refused" },
  { kind: "rejected", failure: { class: "rejected", message: "no" } },
  lost,
])("an answer ($kind) that is written twice leaves the next worker's intent alone", async (answer) => {
  const id = await queued();
  const first = await writeIntent(id);
  await storeResult(first, throttled, ctx);
  const second = await writeIntent(id);
  await storeResult(first, answer, ctx);
  expect(await recordOf(id)).toMatchObject({ state: "submitting", token: second.token });
  await bind(second, "task-2", ctx);
  expect(await recordOf(id)).toMatchObject({ state: "running", taskId: "task-2" });
});

describe("an answer that comes after the lease of its submit has ended", () => {
  const expireLease = (intent: Intent) =>
    ctx.transitions.expireLease(intent, { quietFromMs: 1, crashes: { count: 1, atMs: Date.now() } });

  test("a task is bound, also while an operator reviews it", async () => {
    const id = await queued();
    const intent = await writeIntent(id);
    await expireLease(intent);
    await bind(intent, "task-1", ctx);
    expect(await recordOf(id)).toMatchObject({ state: "running", taskId: "task-1" });
    const other = await queued();
    const reviewed = await writeIntent(other);
    await expireLease(reviewed);
    const { token: sinceToken = "" } = (await recordOf(other)) ?? {};
    await ctx.transitions.escalate({ id: other, sinceToken, callbackTaskId: "" }, "no way to find out", 1_000);
    await bind(reviewed, "task-2", ctx);
    expect(await recordOf(other)).toMatchObject({ state: "running", taskId: "task-2" });
  });

  test.each<[SubmitResult, string]>([
    [throttled, "queued"],
    [{ kind: "unsent", message: "stood still" }, "queued"],
    [{ kind: "blocked", reason: "key", message: "401" }, "queued"],
    [{ kind: "rejected", failure: { class: "rejected", message: "no" } }, "failed"],
  ])("%o: no task exists, so it is %s and no lost answer", async (answer, state) => {
    const id = await queued();
    const intent = withoutRepetition(await writeIntent(id));
    await expireLease(intent);
    await storeResult(intent, answer, ctx);
    await storeResult(intent, answer, ctx);
    const record = await recordOf(id);
    expect(record).toMatchObject({ state, attempt: 1 });
    expect(record).not.toHaveProperty("quietFromMs");
    const { inFlight } = await ledger.accountStatus(ctx.cell, "hiapi");
    expect(inFlight).toBe(0);
  });

  test.each<SubmitResult>([throttled, unsent, { kind: "rejected", failure: { class: "rejected", message: "no" } }])(
    "$kind: it stays unknown where reconciliation repeats the POST, which may be under way",
    async (answer) => {
      const id = await queued();
      const intent = await writeIntent(id);
      await expireLease(intent);
      await storeResult(intent, answer, ctx);
      expect(await recordOf(id)).toMatchObject({ state: "unknown" });
    },
  );

  test("that no task exists is not believed of a later submit, nor against a callback that names one", async () => {
    const id = await queued();
    const first = withoutRepetition(await writeIntent(id));
    await storeResult(first, throttled, ctx);
    await expireLease(await writeIntent(id));
    await storeResult(first, unsent, ctx);
    expect(await recordOf(id)).toMatchObject({ state: "unknown" });
    const other = await queued();
    const named = withoutRepetition(await writeIntent(other));
    await expireLease(named);
    await callsBack(other, 1, "task-1");
    await storeResult(named, unsent, ctx);
    expect(await recordOf(other)).toMatchObject({ state: "unknown", callbackTaskId: "task-1" });
  });
});

test("an intent whose answer Redis lost is requeued: nothing was sent", async () => {
  const id = await queued();
  const { grants } = await grant(id);
  class AnswerLost extends ledger.Transitions {
    override async begin(...args: Parameters<ledger.Transitions["begin"]>): Promise<ledger.Moved> {
      await super.begin(...args);
      throw new ledger.LedgerError("unavailable", "the connection was lost");
    }
  }
  const unlucky = { ...ctx, transitions: new AnswerLost(ctx.cell) };
  expect(await beginIntent(grants, ledger.operationToken(), unlucky)).toMatchObject({ kind: "skipped" });
  expect(await recordOf(id)).toMatchObject({ state: "queued", lane: "backoff" });
});

test("a task that is found after its generation has changed is recorded as an orphan, once", async () => {
  const id = await queued();
  const first = await writeIntent(id);
  await sendMove(ctx.cell, { id, from: ["submitting"], to: "queued", token: "another", due: { lane: "backlog" } });
  await bind(first, "late-task", ctx);
  await bind(first, "late-task", ctx);
  expect(await recordOf(id)).toMatchObject({ state: "queued" });
  expect(await ledger.orphans(ctx.cell)).toMatchObject([{ task: "late-task", generation: id, account: "hiapi" }]);
});

test("an answer about an earlier task does not change the current attempt", async () => {
  const id = await queued();
  await bind(await writeIntent(id), "task-1", ctx);
  const task: PolledTask = { id, taskId: "task-1", lane: "poll" as const, runTimeClass: "c", stateChangedAtMs: 0 };
  const failed = { kind: "failed", failure: { class: "upstream", message: "gpu lost" } } as const;
  await writeAnswer(task, failed);
  await endBackoff(id);
  await bind(await writeIntent(id), "task-2", ctx);
  await writeAnswer(task, failed);
  await writeAnswer(task, { kind: "succeeded", outputs: [] });
  await writeAnswer(task, { kind: "canceled" });
  expect(await recordOf(id)).toMatchObject({
    state: "running",
    taskId: "task-2",
    attempt: 2,
    previousTaskIds: ["task-1"],
  });
});

test("a stalled reconciliation does not resubmit what another one has resubmitted", async () => {
  const id = await queued();
  await storeResult(await writeIntent(id), lost, ctx);
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
  // while this one waits for its answer, another process proves absence, and another worker loses its answer
  meanwhile = async () => {
    const record = await recordOf(id);
    await sendMove(ctx.cell, {
      id,
      from: ["unknown"],
      to: "queued",
      token: ledger.operationToken(),
      expect: { token: record?.token ?? "" },
      due: { lane: "backlog" },
    });
    await storeResult(await writeIntent(id), lost, ctx);
  };
  await reconcile({ ...account, quietMs: 0 }, ctx);
  expect(await recordOf(id)).toMatchObject({ state: "unknown" });
});

test("a refusal proves no absence before the quiet window ends", async () => {
  const id = await queued();
  await storeResult(await writeIntent(id), lost, ctx);
  await due(id);
  const known = ctx.accounts.get("hiapi");
  if (!known) throw new Error("hiapi is not there");
  const refused: SubmitResult = { kind: "rejected", failure: { class: "rejected", message: "no" } };
  await reconcile({ ...known, provider: { ...known.provider, submit: async () => refused } }, ctx);
  expect(await recordOf(id)).toMatchObject({ state: "unknown" });
});

test("unknown, no usable answer for a day → needs_review", async () => {
  const id = await queued();
  await storeResult(await writeIntent(id), lost, ctx);
  await due(id);
  const known = ctx.accounts.get("hiapi");
  if (!known) throw new Error("hiapi is not there");
  const unusable = { ...known, provider: { ...known.provider, submit: async () => lost } };
  await reconcile(unusable, ctx);
  expect(await recordOf(id)).toMatchObject({ state: "unknown" });
  await due(id);
  await reconcile(unusable, withTiming({ reconcileForMs: 0 }));
  expect(await recordOf(id)).toMatchObject({ state: "needs_review" });
});

test("a callback of an earlier attempt does not resolve the unknown one", async () => {
  const id = await queued();
  await bind(await writeIntent(id), "task-1", ctx);
  const task: PolledTask = { id, taskId: "task-1", lane: "poll" as const, runTimeClass: "c", stateChangedAtMs: 0 };
  const failed = { kind: "failed", failure: { class: "upstream", message: "gpu lost" } } as const;
  await writeAnswer(task, failed);
  await endBackoff(id);
  await storeResult(await writeIntent(id), lost, ctx);
  await callsBack(id, 1, "task-1");
  expect((await recordOf(id))?.callbackTaskId).toBeUndefined();
  await callsBack(id, 1, "task-1b");
  expect((await recordOf(id))?.callbackTaskId).toBeUndefined();
  // it may be paid for, but only its provider can say that it exists
  expect(await ledger.orphans(ctx.cell)).toEqual([]);
  expect(await ledger.countNamedTasks(ctx.cell, "hiapi")).toBe(1);
  await callsBack(id, 2, "task-2");
  expect((await recordOf(id))?.callbackTaskId).toBe("task-2");
});

test("a callback in needs_review binds its task, if the provider knows it", async () => {
  const id = await queued();
  await storeResult(await writeIntent(id), lost, ctx);
  await due(id);
  const known = ctx.accounts.get("hiapi");
  if (!known) throw new Error("hiapi is not there");
  await reconcile(
    { ...known, provider: { ...known.provider, submit: async () => lost } },
    withTiming({ reconcileForMs: 0 }),
  );
  expect(await recordOf(id)).toMatchObject({ state: "needs_review" });
  await callsBack(id, 1, "task-1");
  const poll = async (): Promise<PollResult> => ({
    kind: "pending",
    phase: "running",
    status: "handling",
    known: true,
  });
  await watchReviews({ ...known, provider: { ...known.provider, poll } }, ctx);
  expect(await recordOf(id)).toMatchObject({ state: "running", taskId: "task-1" });
});

test("a callback names a task of a queued generation: nothing is sent, the submit becomes unknown", async () => {
  const id = await queued();
  await storeResult(await writeIntent(id), throttled, ctx);
  await callsBack(id, 1, "task-1");
  const { grants } = await grant(id);
  const result = await submit(grants, ctx);
  expect(result).toMatchObject({ kind: "done", note: expect.stringContaining("unknown") });
  expect(await recordOf(id)).toMatchObject({ state: "unknown", callbackTaskId: "task-1" });
});

/** At a provider that cannot look a lost task up. */
function withoutRepetition(intent: Intent): Intent {
  const { account } = intent;
  return { ...intent, account: { ...account, provider: { ...account.provider, reconcile: [] } } };
}

function withTiming(timing: Partial<Installation["timing"]>): Installation {
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

/** Grants a slot if it has none. */
async function grant(id: string): Promise<{ grants: { generation: string; dispatchSeq: number } }> {
  const account = ctx.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  await ledger.resume(ctx.cell, "hiapi");
  await admit(account, { ...ctx, queues: { ...ctx.queues, add: async () => {} } });
  return { grants: { generation: id, dispatchSeq: Number((await recordOf(id))?.dispatchSeq) } };
}

async function writeIntent(id: string): Promise<Intent> {
  const { grants } = await grant(id);
  const written = await beginIntent(grants, ledger.operationToken(), ctx);
  if (written.kind !== "written") throw new Error(written.note);
  return written.intent;
}

async function recordOf(id: string): Promise<ledger.GenerationRecord | undefined> {
  return (await ledger.read(ctx.cell, id))?.record;
}

async function writeAnswer(task: PolledTask, result: PollResult): Promise<void> {
  const account = ctx.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  const decision = evaluatePoll(task, result, account, { ...ctx, nowMs: Date.now() });
  await applyDecision({ ...task, lease: "0" }, decision, account, ctx);
}

async function endBackoff(id: string): Promise<void> {
  await ctx.cell.redis.zadd(ctx.cell.keys.due("backoff", "hiapi"), "XX", 1, id);
  await ledger.promoteDelayed(ctx.cell, "hiapi", 10);
}

async function due(id: string): Promise<void> {
  await ctx.cell.redis.zadd(ctx.cell.keys.due("unknown", "hiapi"), "XX", 1, id);
}

async function callsBack(id: string, attempt: number, taskId: string): Promise<void> {
  const token = callbackToken(ctx.secrets.callbackKey, { account: "hiapi", generation: id, attempt });
  const raw = Buffer.from(JSON.stringify({ taskId, status: "success" }));
  expect(await callback({ account: "hiapi", token, raw, headers: {} }, ctx)).toEqual({ kind: "heard" });
}
