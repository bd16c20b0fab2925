import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import type { DownloadOutcome } from "@reelqueue/media";
import type { PollResult, RemoteOutput } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accept, finalize, find, type Installation, retry } from "../index.ts";
import { testInstallation } from "../test-installation.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope, { hiapi: { pricesPerSecond: { "seedance-2.0/480p": 0.06 } } });
});
afterEach(async () => {
  vi.useRealTimers();
  expect(await ledger.audit(ctx.cell)).toEqual([]);
  await scope.disposeAsync();
});

const url = "http://127.0.0.1:1/v.mp4";
const stored: DownloadOutcome = { kind: "stored", key: "v.mp4", bytes: 9, sha256: "00", contentType: "video/mp4" };
const gone: DownloadOutcome = { kind: "expired", status: 404 };
const fresh: PollResult = { kind: "succeeded", outputs: [{ kind: "video", url }] };
const hour = 3_600_000;

/** What the host of the file and the provider answer; a test changes it meanwhile. */
interface System {
  file: DownloadOutcome;
  poll: PollResult;
}

/** A generation whose task is finished, and a function that finalizes it once. */
async function finished(world: System, more: Partial<RemoteOutput> = {}) {
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const queued = async () => {
    const [row] = await accept([input], { tenant: "default" }, ctx);
    if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
    await ledger.admit(ctx.cell, "hiapi", { slots: 9, rate: 0, burst: 0, window: 9, leaseMs: 1_000, weights: {} });
    return row.id;
  };
  const remoteOutputs = [{ kind: "video" as const, url, ...more }];
  const id = await givenIn(ctx.cell, queued).finalizing({ remoteOutputs, finishedAtMs: Date.now() });
  const hiapi = ctx.accounts.get("hiapi");
  if (!hiapi) throw new Error("hiapi is not there");
  const limits = { ...hiapi.limits, rate: 0 };
  const account = { ...hiapi, limits, provider: { ...hiapi.provider, poll: async () => world.poll } };
  const outputs = { ...ctx.outputs, download: async () => world.file };
  const here = { ...ctx, accounts: new Map([["hiapi", account]]), outputs };
  const run = async () => {
    const dispatchSeq = (await ledger.read(ctx.cell, id))?.record.dispatchSeq ?? 0;
    return finalize({ generation: id, dispatchSeq }, new AbortController().signal, here);
  };
  return { id, run };
}

const troubles: Record<string, [System, reason: string]> = {
  "the file is not there": [{ file: gone, poll: fresh }, "answers 404"],
  "the provider is down while a fresh URL is wanted": [
    { file: gone, poll: { kind: "unreachable", message: "answered 500" } },
    "answered 500",
  ],
  "the host of the file is down": [
    { file: { kind: "unreachable", reason: "answered 503" }, poll: fresh },
    "answered 503",
  ],
  "a page comes instead": [{ file: { kind: "invalid", reason: "not an MP4 but text" }, poll: fresh }, "not an MP4"],
  "it is too large": [{ file: { kind: "too_large", limitBytes: 9 }, poll: fresh }, "outputs.maxFileBytes"],
  "the guard blocks it": [{ file: { kind: "blocked", reason: "on port 8443" }, poll: fresh }, "on port 8443"],
  "the provider takes the task back": [
    { file: gone, poll: { kind: "failed", failure: { class: "upstream", message: "boom" } } },
    "boom",
  ],
};

test.each(Object.entries(troubles))("%s: no number of tries loses a paid video", async (_, [world, reason]) => {
  const { id, run } = await finished(world);
  for (let tries = 0; tries < 12; tries += 1) expect(await run()).toMatchObject({ kind: "again" });
  expect(await find(id, ctx)).toMatchObject({ state: "finalizing", waiting: expect.stringContaining(reason) });
  world.file = stored;
  expect((await run()).kind).toBe("done");
  expect(await find(id, ctx)).toMatchObject({ state: "succeeded", attempt: 1 });
});

test("a preview is polled on: a later failure of its task ends it as the provider says, a later video is kept", async () => {
  const preview: DownloadOutcome = { kind: "invalid", reason: "not an MP4 but text" };
  const running: PollResult = { kind: "pending", phase: "running", status: "running", known: true };
  const worlds: System[] = [1, 2].map(() => ({ file: preview, poll: running }));
  const [fails, succeeds] = await Promise.all(worlds.map((world) => finished(world, { tentative: true })));
  for (let tries = 0; tries < 4; tries += 1)
    for (const each of [fails, succeeds]) expect(await each?.run()).toMatchObject({ kind: "again" });
  const [first, second] = worlds as [System, System];
  first.poll = { kind: "failed", failure: { class: "upstream", message: "boom" } };
  second.poll = fresh;
  second.file = stored;
  for (let tries = 0; tries < 2; tries += 1) for (const each of [fails, succeeds]) await each?.run();
  expect(await find(fails?.id ?? "", ctx)).toMatchObject({ state: "failed", failure: first.poll.failure });
  expect(await ctx.metrics.text()).toMatch(/generations_total\{account="hiapi",state="failed"\} 1$/m);
  expect((await find(succeeds?.id ?? "", ctx))?.state).toBe("succeeded");
});

const withoutFile: Record<string, PollResult> = {
  "that it runs": { kind: "pending", phase: "running", status: "x", known: true },
  "nothing that can be used": { kind: "unreachable", message: "Nothing usable: x", unusable: true },
};

test.each(Object.entries(withoutFile))("its life is over while the provider says %s: lost", async (_, poll) => {
  const { id, run } = await finished({ file: gone, poll });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * hour });
  expect(await run()).toMatchObject({ kind: "stop" });
  expect((await find(id, ctx))?.failure).toMatchObject({ class: "output_lost", message: expect.stringContaining("x") });
});

test("a block by this configuration raises one alarm, however often it is tried", async () => {
  const { run } = await finished({ file: { kind: "blocked", reason: "on port 8443" }, poll: fresh });
  for (let tries = 0; tries < 3; tries += 1) await run();
  expect(await ctx.metrics.text()).toMatch(/alarms_total\{kind="blocked-output"\} 1/);
});

test("its life is over and the provider gives no URL that lives: lost, with the last answer and an alarm", async () => {
  const world = { file: gone, poll: fresh };
  const { id, run } = await finished(world);
  await run();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * hour });
  expect(await run()).toMatchObject({ kind: "stop" });
  expect(await find(id, ctx)).toMatchObject({
    state: "failed",
    failure: { class: "output_lost", message: expect.stringContaining("answers 404") },
    cost: { settledUsd: 0.24 },
  });
  expect(await ctx.metrics.text()).toMatch(/alarms_total\{kind="output-lost"\} 1/);
});

const hopeful: Record<string, System> = {
  "the provider does not answer": { file: gone, poll: { kind: "unreachable", message: "ENOTFOUND" } },
  "the host of a fresh URL is down": { file: { kind: "unreachable", reason: "answered 503" }, poll: fresh },
  "this side blocks a fresh URL": { file: { kind: "blocked", reason: "on port 8443" }, poll: fresh },
  "the disk is full": { file: { kind: "full", freeBytes: 0, needBytes: 1 }, poll: fresh },
  "the first 404 of the provider": { file: gone, poll: { kind: "missing", message: "no such task" } },
};

test.each(Object.entries(hopeful))("its life is over, but %s: not lost", async (_, world) => {
  const { id, run } = await finished(world);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * hour });
  expect(await run()).toMatchObject({ kind: "again" });
  expect((await find(id, ctx))?.state).toBe("finalizing");
});

test("a task that the provider no longer knows is lost after three 404s, 30 s apart", async () => {
  const world: System = { file: gone, poll: { kind: "missing", message: "no such task" } };
  const { run } = await finished(world);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * hour });
  const kinds: string[] = [];
  for (let polls = 0; polls < 4; polls += 1) {
    kinds.push((await run()).kind);
    vi.setSystemTime(Date.now() + (polls === 0 ? 1_000 : 31_000));
  }
  expect(kinds).toEqual(["again", "again", "again", "stop"]);
});

test("a retry of a lost output downloads it again: same attempt, no slot, same cost; it ends at once if nothing has changed", async () => {
  const world: System = { file: gone, poll: fresh };
  const { id, run } = await finished(world);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * hour });
  for (let times = 0; times < 2; times += 1) {
    expect(await run()).toMatchObject({ kind: "stop" });
    const answers = await Promise.all([retry(id, ctx), retry(id, ctx), retry(id, ctx)]);
    expect(answers.filter(({ kind }) => kind === "downloading")).toHaveLength(1);
    expect((await find(id, ctx))?.state).toBe("finalizing");
  }
  expect(await ctx.queues.isIdle("finalize")).toBe(false);
  world.file = stored;
  expect((await run()).kind).toBe("done");
  expect(await find(id, ctx)).toMatchObject({ state: "succeeded", attempt: 1, cost: { settledUsd: 0.24 } });
  expect((await ledger.accountStatus(ctx.cell, "hiapi")).inFlight).toBe(0);
});

test("a lost task without a known URL is asked for first: without a file it never succeeds", async () => {
  const world: System = { file: stored, poll: { kind: "unreachable", message: "ENOTFOUND" } };
  const { id, run } = await finished(world);
  await ctx.cell.redis.hdel(ctx.cell.keys.record(id), "remote");
  expect(await run()).toMatchObject({ kind: "again" });
  world.poll = fresh;
  expect((await run()).kind).toBe("done");
});

test("a re-read of the task takes a poll token, and waits for one", async () => {
  const { id, run } = await finished({ file: gone, poll: fresh });
  await ledger.throttle(ctx.cell, "hiapi", 50_000);
  expect(await run()).toMatchObject({ kind: "again", afterMs: expect.closeTo(50_000, -3) });
  expect((await find(id, ctx))?.waiting).toContain("may not be asked yet");
});
