import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import type { PollResult } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { callbackToken } from "../callback-url.ts";
import { accept, callback, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { lookUpNamedTask } from "./named-tasks.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const opened = await testInstallation(scope);
  ctx = { ...opened, timing: { ...opened.timing, absencesApartMs: 0, namedAfterMs: 0 } };
});
afterEach(() => scope.disposeAsync());

const running: PollResult = { kind: "pending", phase: "running", status: "handling", known: true };

test("a named task that its provider knows and no generation owns is an orphan, once", async () => {
  const id = await named("second-charge");
  const polls = [await lookUp(running), await lookUp(running)];
  expect(polls).toEqual([["second-charge"], []]);
  expect(await ledger.orphans(ctx.cell)).toMatchObject([{ task: "second-charge", generation: id, account: "hiapi" }]);
  await named("second-charge");
  for (let look = 0; look < 2; look += 1) await lookUp(running);
  expect(await ledger.orphans(ctx.cell)).toHaveLength(1);
  expect(await ctx.metrics.text()).toMatch(/alarms_total\{kind="orphan"\} 1$/m);
  expect(await ledger.countNamedTasks(ctx.cell, "hiapi")).toBe(0);
});

test("a named task that its provider does not know is forgotten", async () => {
  await named("nonsense");
  expect(await lookUp({ kind: "missing", message: "no such task" })).toEqual(["nonsense"]);
  expect(await lookUp(running)).toEqual([]);
  expect(await ledger.orphans(ctx.cell)).toEqual([]);
});

test("a named task is looked up again where its provider gave no answer", async () => {
  await named("second-charge");
  expect(await lookUp({ kind: "unreachable", message: "503" })).toEqual(["second-charge"]);
  expect(await lookUp(running)).toEqual(["second-charge"]);
});

test("a named task that a generation has bound meanwhile is no orphan", async () => {
  await named("coming");
  expect(await lookUp(running)).toEqual(["coming"]);
  await givenIn(ctx.cell, queued).running({ taskId: "coming" });
  expect(await lookUp(running)).toEqual([]);
  expect(await ledger.orphans(ctx.cell)).toEqual([]);
  expect(await ledger.countNamedTasks(ctx.cell, "hiapi")).toBe(0);
});

/** Looks one task up at a provider that gives this answer; returns the ids that it was asked for. */
async function lookUp(answer: PollResult): Promise<string[]> {
  const asked: string[] = [];
  const poll = async (taskId: string) => {
    asked.push(taskId);
    return answer;
  };
  const account = ctx.accounts.get("hiapi") as Account;
  await lookUpNamedTask({ ...account, provider: { ...account.provider, poll } }, ctx);
  return asked;
}

/** A callback of a generation that has another task names this one; returns the generation. */
async function named(taskId: string): Promise<string> {
  const generation = await givenIn(ctx.cell, queued).running();
  const token = callbackToken(ctx.secrets.callbackKey, { account: "hiapi", generation, attempt: 1 });
  const raw = Buffer.from(JSON.stringify({ taskId, status: "success" }));
  expect(await callback({ account: "hiapi", token, raw, headers: {} }, ctx)).toEqual({ kind: "heard" });
  return generation;
}

async function queued(): Promise<string> {
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const quiet = { ...ctx, queues: { ...ctx.queues, add: async () => {} } };
  const [row] = await accept([input], { tenant: "default" }, quiet);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  return row.id;
}
