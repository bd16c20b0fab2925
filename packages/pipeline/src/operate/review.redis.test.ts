import * as ledger from "@reelqueue/ledger";
import { bring } from "@reelqueue/ledger/testing";
import type { PollResult } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept, find, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { review } from "./review.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope, { jiekou: { pricesPerSecond: { "seedance-2.0/480p": 0.06 } } });
});
afterEach(async () => {
  expect(await ledger.audit(ctx.cell)).toEqual([]);
  await scope.disposeAsync();
});

/** A generation in review, and a review of it as sent while the provider answers a poll with `answer`. */
async function inReview(answer: PollResult) {
  const [row] = await accept(
    [{ account: "jiekou", prompt: "a lamp", resolution: "480p", seconds: 4 }],
    { tenant: "default" },
    ctx,
  );
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  await bring(ctx.cell, [row.id], "needs_review");
  const jiekou = ctx.accounts.get("jiekou");
  if (!jiekou) throw new Error("jiekou is not there");
  const asked: string[] = [];
  const poll = async (taskId: string) => {
    asked.push(taskId);
    return answer;
  };
  const accounts = new Map([["jiekou", { ...jiekou, provider: { ...jiekou.provider, poll } }]]);
  const asSent = (taskId: string) => review(row.id, { kind: "sent", taskId }, { ...ctx, accounts });
  return { id: row.id, asked, asSent };
}

const knownTask: Record<string, PollResult> = {
  pending: { kind: "pending", phase: "running", status: "running", known: true },
  finished: { kind: "succeeded", outputs: [{ kind: "video", url: "http://127.0.0.1:1/v.mp4" }] },
  failed: { kind: "failed", failure: { class: "upstream", message: "boom" } },
};

test.each(Object.entries(knownTask))(
  "review → sent: a task that the provider knows (%s) is bound",
  async (_, answer) => {
    const { id, asked, asSent } = await inReview(answer);
    expect(await asSent("task-1")).toEqual({ kind: "settled", state: "running" });
    expect(asked).toEqual(["task-1"]);
    expect(await ledger.ownerOf(ctx.cell, "jiekou", "task-1")).toBe(id);
    expect(await asSent("task-2")).toEqual({ kind: "conflict", state: "running" });
    expect(asked).toEqual(["task-1"]);
  },
);

const refusals: Record<string, [PollResult, outcome: object]> = {
  "the provider does not know": [
    { kind: "missing", message: "no such task" },
    { kind: "task_missing", why: "no such task" },
  ],
  "cannot be asked for: no answer": [
    { kind: "unreachable", message: "ENOTFOUND" },
    { kind: "unverified", why: "ENOTFOUND" },
  ],
  "cannot be asked for: too many requests": [
    { kind: "throttled", message: "429" },
    { kind: "unverified", why: "429" },
  ],
  "cannot be asked for: a refused key": [
    { kind: "blocked", reason: "key", message: "401" },
    { kind: "unverified", why: "401" },
  ],
};

test.each(Object.entries(refusals))(
  "review → sent: an id that %s is refused, and nothing is bound",
  async (_, [answer, outcome]) => {
    const { id, asSent } = await inReview(answer);
    const before = await find(id, ctx);
    expect(await asSent("tsak-1")).toEqual(outcome);
    expect(await find(id, ctx)).toEqual(before);
    expect(await ledger.ownerOf(ctx.cell, "jiekou", "tsak-1")).toBeUndefined();
  },
);
