import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import type { PollResult } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Account, accept, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { openCallbackTrust } from "./callback-trust.ts";
import { pollTask } from "./poller.ts";
import { firstPollInMs } from "./schedule.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
let hiapi: Account;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const opened = await testInstallation(scope);
  const queues = { ...opened.queues, add: async () => {} };
  ctx = { ...opened, queues, callbackTrust: trustOf(opened), random: () => 0.5 };
  const known = ctx.accounts.get("hiapi") as Account;
  const poll = async (): Promise<PollResult> => ({ kind: "canceled" });
  hiapi = { ...known, provider: { ...known.provider, poll } };
});
afterEach(() => scope.disposeAsync());

test("callbacks are doubted after three finished tasks without one: tasks are polled as without, all at once", async () => {
  const waiting = await given.running({ last: { due: { lane: "poll", inMs: 3_600_000 } } });
  const believed = firstPollInMs(hiapi, "c", ctx);
  for (let ended = 1; ended <= 3; ended += 1) {
    expect([ctx.callbackTrust.expects(hiapi), await dueInMs(waiting)]).toEqual([true, expect.closeTo(3_600_000, -5)]);
    await pollEnded(await given.running());
  }
  expect(ctx.callbackTrust.expects(hiapi)).toBe(false);
  expect(await dueInMs(waiting)).toBeLessThan(1_000);
  expect(firstPollInMs(hiapi, "c", ctx)).toBeLessThan(believed / 2);
  const another = trustOf(ctx);
  await another.load(hiapi);
  expect(another.expects(hiapi)).toBe(false);
});

test("a callback ends the doubt; a task that it made due is none that was missed", async () => {
  for (let ended = 0; ended < 3; ended += 1) await pollEnded(await given.running());
  const id = await given.running();
  await ledger.makeDueNow(ctx.cell, id, ["poll"], { account: "hiapi", attempt: "1", gapMs: 0, lookUpInMs: 0 });
  await pollEnded(id);
  expect(await ledger.callbackStatus(ctx.cell, "hiapi")).toMatchObject({ missed: 0 });
  const another = trustOf(ctx);
  await another.load(hiapi);
  expect(another.expects(hiapi)).toBe(true);
});

test("an account that is not called back misses nothing", async () => {
  const trust = openCallbackTrust(ctx.cell, undefined, ctx.log);
  for (let ended = 0; ended < 3; ended += 1) await trust.missed(hiapi);
  expect(await ledger.callbackStatus(ctx.cell, "hiapi")).toEqual({ missed: 0 });
});

const trustOf = ({ cell, log }: Installation) => openCallbackTrust(cell, "https://here.example", log);

const given = {
  running: (more: Parameters<ReturnType<typeof givenIn>["running"]>[0] = {}) =>
    givenIn(ctx.cell, queued).running({ runTimeClass: "c", ...more }),
};

/** Polls a task, whose provider says that it has ended. */
async function pollEnded(id: string): Promise<void> {
  const record = (await ledger.read(ctx.cell, id))?.record;
  if (record === undefined) throw new Error("no such generation");
  const task = { id, ...record, taskId: record.taskId ?? "", lane: "poll" as const, lease: String(Date.now()) };
  await pollTask(task, { account: hiapi, lane: "poll" }, ctx);
}

async function dueInMs(id: string): Promise<number> {
  return Number(await ctx.cell.redis.zscore(ctx.cell.keys.due("poll", "hiapi"), id)) - Date.now();
}

async function queued(): Promise<string> {
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, ctx);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  return row.id;
}
